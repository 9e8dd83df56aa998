/*
 * The language model's end point, over kore_curl.
 *
 * One call: llm_start -> events (text) -> [DONE] or the connection's end ->
 * end() or fail(). libcurl forbids removing a handle while it runs one of its
 * callbacks, so whatever is decided there (a cancel, a broken event) is noted
 * in the call and carried out by the return value, by kore_curl's own
 * completion, or by the watch, a timer that runs while there are calls. The
 * watch also owns every timeout but the connect: first byte, stall, whole.
 *
 * An answer counts as whole when a finish_reason or [DONE] came; end points
 * differ in which of the two they send. One that keeps the connection open
 * after [DONE] is given LLM_LINGER_MS to finish, so that it can be used again.
 *
 * Deliberately missing: retries and a breaker (the caller may ask again only
 * before the first text), redirects, tools, more than one choice.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/queue.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include <kore/kore.h>
#include <kore/http.h>
#include <kore/curl.h>

#include "config.h"
#include "job.h"
#include "llm.h"
#include "log.h"
#include "ssein.h"

#define LLM_WATCH_MS	100
#define LLM_CONNECT_MS	5000L
#define LLM_FIRST_MS	60000	/* until the first byte; prompts are long */
#define LLM_STALL_MS	20000	/* between two pieces */
#define LLM_WHOLE_MS	600000	/* start to end */
#define LLM_LINGER_MS	250	/* after [DONE] */
#define LLM_URL_MAX	2048

struct llm {
	struct kore_curl	 curl;
	struct llm_callbacks	 tell;
	void			*arg;
	struct ssein		 events;
	char			*body;		/* the request's JSON */
	char			 reason[32];	/* finish_reason, or "" */
	struct llm_usage	 usage;
	enum error_id		 failure;	/* decided inside a callback */
	u_int64_t		 deadline;	/* first byte, then stall */
	u_int64_t		 last;		/* deadline of the whole call */
	int			 has_text;	/* some text was told */
	int			 is_done;	/* [DONE] came */
	int			 is_paused;	/* llm_pause() is in force */
	int			 is_held;	/* libcurl holds data back */
	int			 is_cancelled;
	LIST_ENTRY(llm)		 list;
};

int	__wrap_epoll_ctl(int, int, int, struct epoll_event *);
int	__real_epoll_ctl(int, int, int, struct epoll_event *);

static void	 llm_watch(void *, u_int64_t);
static void	 llm_finished(struct kore_curl *, void *);
static size_t	 llm_write(char *, size_t, size_t, void *);
static size_t	 llm_header(char *, size_t, size_t, void *);
static int	 llm_event(void *, const char *, size_t);

static LIST_HEAD(, llm)		 calls = LIST_HEAD_INITIALIZER(calls);
static size_t			 calls_count;
static size_t			 calls_changes;	/* of the list, in all */
static int			 is_inside;	/* in a libcurl callback */
static struct kore_timer	*watch;

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

static char *
llm_body(const struct llm_message *messages, size_t count)
{
	json_t	*body, *list;
	char	*text;
	size_t	 i;

	list = json_array();
	for (i = 0; i < count; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}",
		    "role", messages[i].role, "content", messages[i].text));

	body = json_pack("{s:s, s:o, s:b, s:{s:b}}",
	    "model", config.llm_model == NULL ? "default" : config.llm_model,
	    "messages", list, "stream", 1,
	    "stream_options", "include_usage", 1);
	text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
	json_decref(body);

	return (text);
}

static void
llm_setup(struct llm *llm)
{
	CURL	*curl = llm->curl.handle;
	char	 bearer[1024];
	int	 len;

	kore_curl_http_setup(&llm->curl, HTTP_METHOD_POST, NULL, 0);
	kore_curl_http_set_header(&llm->curl, "content-type",
	    "application/json");
	kore_curl_http_set_header(&llm->curl, "accept", "text/event-stream");
	if (config.llm_api_key != NULL) {
		len = snprintf(bearer, sizeof(bearer), "Bearer %s",
		    config.llm_api_key);
		if (len > 0 && (size_t)len < sizeof(bearer))
			kore_curl_http_set_header(&llm->curl, "authorization",
			    bearer);
		explicit_bzero(bearer, sizeof(bearer));
	}

	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)strlen(llm->body));
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, llm->body);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, llm_write);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, llm);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, llm_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, llm);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "lectern");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 0L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, LLM_CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
	/* A handle that leaves during its DNS lookup must not wait for it. */
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
}

struct llm *
llm_start(const struct llm_message *messages, size_t count,
    const struct llm_callbacks *callbacks, void *arg)
{
	struct llm	*llm;
	char		 url[LLM_URL_MAX];
	int		 len;

	len = snprintf(url, sizeof(url), "%s/chat/completions",
	    config.llm_url);
	if (len < 0 || (size_t)len >= sizeof(url))
		return (NULL);
	if ((llm = calloc(1, sizeof(*llm))) == NULL)
		return (NULL);

	if ((llm->body = llm_body(messages, count)) == NULL ||
	    !kore_curl_init(&llm->curl, url, KORE_CURL_ASYNC)) {
		free(llm->body);
		free(llm);
		return (NULL);
	}
	llm->tell = *callbacks;
	llm->arg = arg;
	ssein_init(&llm->events, llm_event, llm);
	llm_setup(llm);

	llm->deadline = kore_time_ms() + LLM_FIRST_MS;
	llm->last = kore_time_ms() + LLM_WHOLE_MS;
	LIST_INSERT_HEAD(&calls, llm, list);
	calls_count++;
	calls_changes++;
	if (watch == NULL)
		watch = kore_timer_add(llm_watch, LLM_WATCH_MS, NULL, 0);

	kore_curl_bind_callback(&llm->curl, llm_finished, llm);
	kore_curl_run(&llm->curl);
	/* Kore begins the transfer when its loop turns and tells of it then. */
	job_wake_loop();

	return (llm);
}

/* Not inside a libcurl callback. */
static void
llm_free(struct llm *llm)
{
	LIST_REMOVE(llm, list);
	calls_count--;
	calls_changes++;
	kore_curl_cleanup(&llm->curl);
	ssein_free(&llm->events);
	free(llm->body);
	free(llm);
}

/* Tells the end, whichever it is, of a call that is still wanted. */
static void
llm_conclude(struct llm *llm, enum error_id failure)
{
	struct llm_callbacks	 tell = llm->tell;
	struct llm_usage	 usage = llm->usage;
	char			 reason[sizeof(llm->reason)];
	void			*arg = llm->arg;
	long			 status = llm->curl.http.status;

	memcpy(reason, llm->reason, sizeof(reason));
	llm_free(llm);

	if (failure == ERROR_NONE)
		tell.end(arg, reason[0] == '\0' ? "stop" : reason, &usage);
	else
		tell.fail(arg, failure, status);
}

void
llm_cancel(struct llm *llm)
{
	if (llm == NULL)
		return;
	if (is_inside)
		llm->is_cancelled = 1;
	else
		llm_free(llm);
}

size_t
llm_running(void)
{
	return (calls_count);
}

void
llm_pause(struct llm *llm)
{
	llm->is_paused = 1;
}

void
llm_resume(struct llm *llm)
{
	if (!llm->is_paused)
		return;
	llm->is_paused = 0;
	llm->deadline = kore_time_ms() + LLM_STALL_MS;
	/* The watch lets go of what libcurl holds: not inside a callback. */
}

/* libcurl gives out what it held; it may call llm_write() from here. */
static void
llm_let_go(struct llm *llm)
{
	CURLcode	rc;

	llm->is_held = 0;
	rc = curl_easy_pause(llm->curl.handle, CURLPAUSE_CONT);
	if (llm->is_cancelled)
		llm_free(llm);
	else if (rc != CURLE_OK)
		llm_conclude(llm, llm->failure != ERROR_NONE ? llm->failure :
		    ERROR_MODEL_CUT);
	else
		job_wake_loop();
}

static void
llm_watch_one(struct llm *llm, u_int64_t now)
{
	if (llm->is_cancelled)
		llm_free(llm);
	else if (llm->is_done && now >= llm->deadline)
		llm_conclude(llm, ERROR_NONE);
	else if (now >= llm->last)
		llm_conclude(llm, ERROR_MODEL_TIMEOUT);
	else if (llm->is_paused)
		llm->deadline = now + LLM_STALL_MS;
	else if (llm->is_held)
		llm_let_go(llm);
	else if (now >= llm->deadline)
		llm_conclude(llm, ERROR_MODEL_TIMEOUT);
}

/*
 * What one call's end sets off may end others or start new ones, so that no
 * pointer survives it: the walk begins again after each change.
 */
static void
llm_watch(void *arg, u_int64_t now)
{
	struct llm	*llm;
	size_t		 before;

	(void)arg;
again:
	LIST_FOREACH(llm, &calls, list) {
		before = calls_changes;
		llm_watch_one(llm, now);
		if (calls_changes != before)
			goto again;
	}

	if (LIST_EMPTY(&calls)) {
		/* A timer may not remove itself while it runs. */
		watch->flags |= KORE_TIMER_ONESHOT;
		watch = NULL;
	}
}

/* What a finished transfer comes to; ERROR_NONE: a whole answer. */
static enum error_id
llm_verdict(const struct llm *llm)
{
	long	status = llm->curl.http.status;

	if (llm->failure != ERROR_NONE)
		return (llm->failure);
	if (status != 0 && status != 200)
		return (ERROR_MODEL_REFUSED);
	if (llm->is_done || llm->reason[0] != '\0')
		return (ERROR_NONE);

	switch (llm->curl.result) {
	case CURLE_OK:
		/* 200 and the end, yet no answer: it is no model we know. */
		return (llm->has_text ? ERROR_MODEL_CUT :
		    ERROR_MODEL_REFUSED);
	case CURLE_OPERATION_TIMEDOUT:
		return (status == 0 && !llm->has_text ?
		    ERROR_MODEL_UNREACHABLE : ERROR_MODEL_TIMEOUT);
	default:
		return (status == 0 ? ERROR_MODEL_UNREACHABLE :
		    ERROR_MODEL_CUT);
	}
}

static void
llm_finished(struct kore_curl *curl, void *arg)
{
	struct llm	*llm = arg;

	if (llm->is_cancelled) {
		llm_free(llm);
		return;
	}
	if (llm->failure == ERROR_NONE && curl->http.status == 200 &&
	    ssein_finish(&llm->events) == -1 && llm->failure == ERROR_NONE)
		llm->failure = ERROR_MODEL_CUT;
	if (llm->is_cancelled) {
		llm_free(llm);
		return;
	}

	if (curl->result != CURLE_OK)
		log_event(LOG_LEVEL_DEBUG, "model: curl %d, status %ld",
		    (int)curl->result, curl->http.status);
	llm_conclude(llm, llm_verdict(llm));
}

static size_t
llm_header(char *data, size_t size, size_t count, void *arg)
{
	struct llm	*llm = arg;

	(void)data;
	llm->deadline = kore_time_ms() + LLM_FIRST_MS;

	return (size * count);
}

static size_t
llm_write(char *data, size_t size, size_t count, void *arg)
{
	struct llm	*llm = arg;
	long		 status = 0;

	if (llm->is_cancelled)
		return (0);
	if (llm->is_paused) {
		llm->is_held = 1;
		return (CURL_WRITEFUNC_PAUSE);
	}

	llm->deadline = kore_time_ms() +
	    (llm->is_done ? LLM_LINGER_MS : LLM_STALL_MS);
	curl_easy_getinfo(llm->curl.handle, CURLINFO_RESPONSE_CODE, &status);
	llm->curl.http.status = status;
	if (status != 200) {
		/* Its words are for nobody; the status says enough. */
		llm->failure = ERROR_MODEL_REFUSED;
		return (0);
	}

	is_inside++;
	if (ssein_feed(&llm->events, data, size * count) == -1 &&
	    llm->failure == ERROR_NONE)
		llm->failure = llm->has_text ? ERROR_MODEL_CUT :
		    ERROR_MODEL_REFUSED;
	is_inside--;

	if (llm->is_cancelled || llm->failure != ERROR_NONE)
		return (0);
	return (size * count);
}

static void
llm_tell_text(struct llm *llm, const json_t *content)
{
	const char	*text = json_string_value(content);
	size_t		 len = json_string_length(content), nul;

	while (len > 0 && !llm->is_cancelled) {
		/* A NUL cannot be stored or shown. */
		nul = strnlen(text, len);
		if (nul > 0) {
			llm->has_text = 1;
			llm->tell.text(llm->arg, text, nul);
		}
		if (nul == len)
			break;
		text += nul + 1;
		len -= nul + 1;
	}
}

static void
llm_read_usage(struct llm *llm, const json_t *usage)
{
	if (!json_is_object(usage))
		return;

	llm->usage.is_known = 1;
	llm->usage.input_tokens =
	    json_integer_value(json_object_get(usage, "prompt_tokens"));
	llm->usage.output_tokens =
	    json_integer_value(json_object_get(usage, "completion_tokens"));
	llm->usage.total_tokens =
	    json_integer_value(json_object_get(usage, "total_tokens"));
}

/* One event of the stream; -1 ends the call. */
static int
llm_event(void *arg, const char *data, size_t len)
{
	struct llm	*llm = arg;
	json_t		*root, *choice, *reason, *delta;

	if (llm->is_cancelled)
		return (-1);
	if (len == 6 && memcmp(data, "[DONE]", 6) == 0) {
		llm->is_done = 1;
		llm->deadline = kore_time_ms() + LLM_LINGER_MS;
		return (0);
	}
	if (llm->is_done)
		return (0);

	root = json_loadb(data, len, JSON_ALLOW_NUL, NULL);
	if (!json_is_object(root) ||
	    json_is_object(json_object_get(root, "error"))) {
		json_decref(root);
		llm->failure = llm->has_text ? ERROR_MODEL_CUT :
		    ERROR_MODEL_REFUSED;
		return (-1);
	}

	llm_read_usage(llm, json_object_get(root, "usage"));
	choice = json_array_get(json_object_get(root, "choices"), 0);
	reason = json_object_get(choice, "finish_reason");
	if (json_is_string(reason))
		(void)kore_strlcpy(llm->reason, json_string_value(reason),
		    sizeof(llm->reason));
	delta = json_object_get(choice, "delta");
	llm_tell_text(llm, json_object_get(delta, "content"));
	json_decref(root);

	return (llm->is_cancelled ? -1 : 0);
}
