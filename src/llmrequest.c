/*
 * The options of a request to the language model; see llmrequest.h.
 *
 * Deliberately missing: HTTP/2, where the trouble of one stream can be that
 * of all on its connection, and redirects, which could lead anywhere.
 */
#include <sys/types.h>
#include <sys/epoll.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "llmrequest.h"

#define LLMREQUEST_CONNECT_MS	5000L
#define LLMREQUEST_MORE_MS	60000L
#define LLMREQUEST_URL_MAX	2048
/* Of one read, for each transfer: an event is a few hundred bytes. */
#define LLMREQUEST_READ_BYTES	4096L

int	__wrap_epoll_ctl(int, int, int, struct epoll_event *);
int	__real_epoll_ctl(int, int, int, struct epoll_event *);

static void	llmrequest_headers(struct kore_curl *, const char *);

/*
 * Kore's and our calls come here through the linker: taking away a descriptor
 * that is not there succeeds. libcurl closes a socket that was still
 * connecting before it tells so; closing took it out of the set, and Kore
 * would end the worker over the error.
 */
int
__wrap_epoll_ctl(int set, int operation, int fd, struct epoll_event *event)
{
	int	rc = __real_epoll_ctl(set, operation, fd, event);

	if (rc == -1 && operation == EPOLL_CTL_DEL &&
	    (errno == EBADF || errno == ENOENT))
		return (0);

	return (rc);
}

int
llmrequest_setup(struct kore_curl *request, const char *body,
    const char *request_id, uint64_t timeout_ms,
    const struct llmrequest_callbacks *callbacks, void *arg)
{
	char	url[LLMREQUEST_URL_MAX];
	CURL	*curl;
	int	len;

	len = snprintf(url, sizeof(url), "%s/chat/completions",
	    config.llm_url);
	if (len < 0 || (size_t)len >= sizeof(url) ||
	    !kore_curl_init(request, url, KORE_CURL_ASYNC))
		return (-1);
	kore_curl_http_setup(request, HTTP_METHOD_POST, NULL, 0);
	llmrequest_headers(request, request_id);

	curl = request->handle;
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)strlen(body));
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, callbacks->write);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, arg);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, callbacks->header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, arg);
	curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, LLMREQUEST_READ_BYTES);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "lectern");
	/*
	 * Never reached, and needed: when the last of libcurl's timers runs
	 * out while transfers go on, it tells nobody that there is none left,
	 * and kore_curl_do_timeout() waits for that in an endless loop.
	 */
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
	    (long)timeout_ms + LLMREQUEST_MORE_MS);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
	    LLMREQUEST_CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_1_1);
	/* Not asked for (see the header), and understood all the same. */
	curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
	if (config.ca_file != NULL)
		curl_easy_setopt(curl, CURLOPT_CAINFO, config.ca_file);
	/* A handle that leaves during its DNS lookup must not wait for it. */
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);

	return (0);
}

static void
llmrequest_headers(struct kore_curl *request, const char *request_id)
{
	char	bearer[1024];
	int	len;

	kore_curl_http_set_header(request, "content-type",
	    "application/json");
	kore_curl_http_set_header(request, "accept", "text/event-stream");
	/* What is packed is held back until a block of it is full. */
	kore_curl_http_set_header(request, "accept-encoding", "identity");
	kore_curl_http_set_header(request, "x-request-id", request_id);
	if (config.llm_api_key == NULL)
		return;
	len = snprintf(bearer, sizeof(bearer), "Bearer %s",
	    config.llm_api_key);
	if (len > 0 && (size_t)len < sizeof(bearer))
		kore_curl_http_set_header(request, "authorization", bearer);
	explicit_bzero(bearer, sizeof(bearer));
}

void
llmrequest_cleanup(struct kore_curl *request)
{
	struct curl_slist	*header;

	for (header = request->http.hdrlist; header != NULL;
	    header = header->next)
		explicit_bzero(header->data, strlen(header->data));
	kore_curl_cleanup(request);
}
