/*
 * Small whole calls over libcurl, in two ways with one set of options: by
 * kore_curl in the event loop, or blocking on a thread of its own.
 *
 *	upstream_start -> (libcurl) body, headers -> done, freed
 *	upstream_wait  -> (libcurl) body, headers -> the caller frees
 *
 * Deliberately missing: retries, which are the caller's to decide.
 */
#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <kore/kore.h>
#include <kore/http.h>
#include <kore/curl.h>

#include "buffer.h"
#include "config.h"
#include "job.h"
#include "metrics.h"
#include "upstream.h"

#define UPSTREAM_CONNECT_MS	5000L
/* 128 vectors of 4,096 numbers of 20 characters are 10 MiB. */
#define UPSTREAM_REPLY_MAX	(32 * 1024 * 1024)

struct upstream {
	struct kore_curl	 curl;		/* event loop only */
	CURL			*handle;	/* on a thread only */
	struct curl_slist	*headers;
	char			*body;
	struct buffer		 reply;
	long			 retry_after_s;
	u_int64_t		 started;
	const char		*url;		/* the asker's */
	void			(*done)(void *,
				    const struct upstream_reply *);
	void			*arg;
};

static struct upstream *upstream_new(const struct upstream_ask *);
static int	 upstream_setup(struct upstream *, CURL *,
		    const struct upstream_ask *);
static void	 upstream_finished(struct kore_curl *, void *);
static void	 upstream_judge(struct upstream *, CURLcode, long,
		    struct upstream_reply *);
static void	 upstream_count(const struct upstream *, int);
static size_t	 upstream_write(char *, size_t, size_t, void *);
static size_t	 upstream_header(char *, size_t, size_t, void *);

struct upstream *
upstream_start(const struct upstream_ask *ask,
    void (*done)(void *, const struct upstream_reply *), void *arg)
{
	struct upstream	*upstream;

	if ((upstream = upstream_new(ask)) == NULL)
		return (NULL);
	if (!kore_curl_init(&upstream->curl, ask->url, KORE_CURL_ASYNC)) {
		upstream_free(upstream);
		return (NULL);
	}
	upstream->done = done;
	upstream->arg = arg;
	if (upstream_setup(upstream, upstream->curl.handle, ask) == -1) {
		kore_curl_cleanup(&upstream->curl);
		upstream_free(upstream);
		return (NULL);
	}
	/* Kore keeps the status for this type only. */
	upstream->curl.type = KORE_CURL_TYPE_HTTP_CLIENT;
	kore_curl_bind_callback(&upstream->curl, upstream_finished, upstream);
	kore_curl_run(&upstream->curl);
	/* Kore begins the transfer when its loop turns. */
	job_wake_loop();

	return (upstream);
}

void
upstream_cancel(struct upstream *upstream)
{
	if (upstream == NULL)
		return;
	kore_curl_cleanup(&upstream->curl);
	upstream_free(upstream);
}

struct upstream *
upstream_wait(const struct upstream_ask *ask, struct upstream_reply *reply)
{
	struct upstream	*upstream;
	CURLcode	 rc = CURLE_OUT_OF_MEMORY;
	long		 status = 0;

	if ((upstream = upstream_new(ask)) == NULL)
		fatal("upstream: no memory");
	upstream->handle = curl_easy_init();
	if (upstream->handle != NULL &&
	    upstream_setup(upstream, upstream->handle, ask) == 0) {
		/* Signals belong to the main thread. */
		curl_easy_setopt(upstream->handle, CURLOPT_NOSIGNAL, 1L);
		rc = curl_easy_perform(upstream->handle);
		curl_easy_getinfo(upstream->handle, CURLINFO_RESPONSE_CODE,
		    &status);
	}
	upstream_judge(upstream, rc, status, reply);

	return (upstream);
}

void
upstream_free(struct upstream *upstream)
{
	struct curl_slist	*header;

	if (upstream == NULL)
		return;
	if (upstream->handle != NULL)
		curl_easy_cleanup(upstream->handle);
	for (header = upstream->headers; header != NULL; header = header->next)
		explicit_bzero(header->data, strlen(header->data));
	curl_slist_free_all(upstream->headers);
	free(upstream->body);
	buffer_free(&upstream->reply);
	free(upstream);
}

int
upstream_greet(const char *url, int needs_tls, char *why, size_t why_len)
{
	CURL		*curl;
	CURLcode	 rc = CURLE_OUT_OF_MEMORY;

	if ((curl = curl_easy_init()) != NULL) {
		curl_easy_setopt(curl, CURLOPT_URL, url);
		curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR,
		    "http,https,smtp,smtps");
		curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
		curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(needs_tls ?
		    CURLUSESSL_ALL : CURLUSESSL_TRY));
		curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 10000L);
		rc = curl_easy_perform(curl);
		curl_easy_cleanup(curl);
	}
	(void)snprintf(why, why_len, "%s", curl_easy_strerror(rc));

	return (rc == CURLE_OK ? 0 : -1);
}

static struct upstream *
upstream_new(const struct upstream_ask *ask)
{
	struct upstream	*upstream;

	if ((upstream = calloc(1, sizeof(*upstream))) == NULL)
		return (NULL);
	upstream->retry_after_s = -1;
	upstream->started = kore_time_ms();
	upstream->url = ask->url;
	buffer_init(&upstream->reply);
	if (ask->body != NULL &&
	    (upstream->body = strdup(ask->body)) == NULL) {
		free(upstream);
		return (NULL);
	}

	return (upstream);
}

static int
upstream_setup(struct upstream *upstream, CURL *curl,
    const struct upstream_ask *ask)
{
	char	bearer[1024], id[64];
	int	len;

	upstream->headers = curl_slist_append(NULL,
	    "content-type: application/json");
	if (ask->key != NULL) {
		len = snprintf(bearer, sizeof(bearer),
		    "authorization: Bearer %s", ask->key);
		if (len > 0 && (size_t)len < sizeof(bearer))
			upstream->headers = curl_slist_append(
			    upstream->headers, bearer);
		explicit_bzero(bearer, sizeof(bearer));
	}
	if (ask->request_id != NULL) {
		(void)snprintf(id, sizeof(id), "x-request-id: %s",
		    ask->request_id);
		upstream->headers = curl_slist_append(upstream->headers, id);
	}
	if (upstream->headers == NULL)
		return (-1);

	curl_easy_setopt(curl, CURLOPT_URL, ask->url);
	if (upstream->body != NULL) {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)strlen(upstream->body));
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, upstream->body);
	}
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, upstream->headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, upstream_write);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, upstream);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, upstream_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, upstream);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "lectern");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 0L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ask->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
	    ask->timeout_ms < UPSTREAM_CONNECT_MS ? ask->timeout_ms :
	    UPSTREAM_CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR,
	    strncmp(ask->url, "https:", 6) == 0 ? "https" : "http");
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
	if (config.ca_file != NULL)
		curl_easy_setopt(curl, CURLOPT_CAINFO, config.ca_file);
	/* A handle that leaves during its DNS lookup must not wait for it. */
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);

	return (0);
}

static void
upstream_finished(struct kore_curl *curl, void *arg)
{
	struct upstream		*upstream = arg;
	struct upstream_reply	 reply;

	upstream_judge(upstream, (CURLcode)curl->result, curl->http.status,
	    &reply);
	kore_curl_cleanup(curl);
	upstream->done(upstream->arg, &reply);
	upstream_free(upstream);
}

static void
upstream_judge(struct upstream *upstream, CURLcode rc, long status,
    struct upstream_reply *reply)
{
	memset(reply, 0, sizeof(*reply));
	reply->retry_after_s = upstream->retry_after_s;
	reply->body = "";
	if (upstream->reply.has_failed)
		reply->why = "the reply is too large";
	else if (rc != CURLE_OK)
		reply->why = curl_easy_strerror(rc);
	else if (status != 200)
		reply->why = "refused";
	/* What came of a broken reply counts as no answer. */
	reply->status = reply->why == NULL || status != 200 ? status : 0;
	if (reply->why == NULL) {
		reply->body = buffer_text(&upstream->reply);
		reply->len = upstream->reply.len;
	}
	upstream_count(upstream, reply->why == NULL);
}

/* By the very address that was asked; `lectern check` is not counted. */
static void
upstream_count(const struct upstream *upstream, int is_ok)
{
	const u_int64_t	ms = kore_time_ms() - upstream->started;

	if (upstream->url == config.embed_url) {
		metrics_time(TIMING_EMBED, ms);
		metrics_add(is_ok ? METRIC_EMBED_OK : METRIC_EMBED_FAILED, 1);
	} else if (upstream->url == config.rerank_url) {
		metrics_time(TIMING_RERANK, ms);
		metrics_add(is_ok ? METRIC_RERANK_OK : METRIC_RERANK_FAILED,
		    1);
	}
}

static size_t
upstream_write(char *data, size_t size, size_t count, void *arg)
{
	struct upstream	*upstream = arg;

	if (upstream->reply.len + size * count > UPSTREAM_REPLY_MAX)
		upstream->reply.has_failed = 1;
	buffer_add(&upstream->reply, data, size * count);

	return (upstream->reply.has_failed ? 0 : size * count);
}

/* Seconds alone: a date in this header is as good as none. */
static size_t
upstream_header(char *data, size_t size, size_t count, void *arg)
{
	static const char	 name[] = "retry-after:";
	struct upstream		*upstream = arg;
	char			 value[16];
	size_t			 len = size * count, skip = sizeof(name) - 1;
	long			 seconds;
	char			*end;

	if (len <= skip || strncasecmp(data, name, skip) != 0)
		return (len);
	len -= skip;
	if (len >= sizeof(value))
		len = sizeof(value) - 1;
	memcpy(value, data + skip, len);
	value[len] = '\0';
	seconds = strtol(value, &end, 10);
	if (end != value && strspn(end, " \r\n") == strlen(end) &&
	    seconds >= 0)
		upstream->retry_after_s = seconds;

	return (size * count);
}
