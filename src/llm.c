/*
 * The language model's end point, over kore_curl.
 *
 *	llm_start -> attempt -> text, text, ... -> [DONE] or the end -> end()
 *		       ^   \-> failed before any text -> waits --+
 *		       +-----------------------------------------+ or fail()
 *
 * libcurl forbids removing a handle while it runs one of its callbacks, so
 * whatever is decided there (a cancel, a broken event) is noted in the call
 * and carried out by the return value, by kore_curl's own completion, or by
 * the watch, a timer that runs while there are calls. The watch also owns the
 * pauses between attempts and every timeout but the connect: first word,
 * silence, whole.
 *
 * An answer counts as whole when a finish_reason or [DONE] came; end points
 * differ in which of the two they send. One that keeps the connection open
 * after that is given a moment for the usage, and to finish, so that it can
 * be used again.
 *
 * Deliberately missing: redirects, tools, more than one choice.
 */
#include <sys/types.h>
#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kore/kore.h>
#include <kore/http.h>
#include <kore/curl.h>

#include "config.h"
#include "job.h"
#include "llm.h"
#include "llmfault.h"
#include "llmform.h"
#include "llmgather.h"
#include "llmhealth.h"
#include "llmrequest.h"
#include "log.h"
#include "ssein.h"
#include "token.h"
#include "utf8.h"

#define LLM_WATCH_MS	100
#define LLM_STALL_PART	3	/* of the time until the first word */
#define LLM_WHOLE_TIMES	10	/* of the same: start to end */
#define LLM_USAGE_MS	2000	/* after finish_reason */
#define LLM_LINGER_MS	250	/* after [DONE] */
#define LLM_RETRY_MAX_S	3600	/* what of a Retry-After is handed on */
#define LLM_ID_MAX	64

struct llm {
	struct kore_curl	 curl;
	int			 has_transfer;	/* curl is set up */
	struct llm_callbacks	 tell;
	void			*arg;
	struct ssein		 events;
	struct llmform		 form;
	struct llmgather	 gather;
	char			*body;		/* the request, or NULL */
	char			 request_id[LLM_ID_MAX];
	char			 reason[LLMWIRE_REASON_LEN]; /* or "" */
	struct llm_usage	 usage;
	enum error_id		 failure;	/* decided inside a callback */
	long			 status;	/* of the attempt, or 0 */
	curl_off_t		 retry_after;	/* seconds; 0: not told */
	unsigned		 attempts;
	enum breaker_pass	 pass;
	u_int64_t		 started;
	u_int64_t		 next;		/* attempt; 0: one runs */
	u_int64_t		 deadline;	/* first word, then silence */
	u_int64_t		 last;		/* deadline of the whole call */
	int			 has_chunk;	/* the attempt was understood */
	int			 has_text;	/* some text was told */
	int			 has_words;	/* that is not blank */
	int			 is_done;	/* [DONE] came */
	int			 is_small;
	int			 is_paused;	/* llm_pause() is in force */
	int			 is_held;	/* libcurl holds data back */
	int			 is_cancelled;
	LIST_ENTRY(llm)		 list;
};

static int	 llm_attempt(struct llm *);
static void	 llm_detach(struct llm *);
static void	 llm_free(struct llm *);
static void	 llm_conclude(struct llm *, enum error_id);
static int	 llm_again(struct llm *, enum error_id);
static void	 llm_let_go(struct llm *);
static void	 llm_watch(void *, u_int64_t);
static void	 llm_watch_one(struct llm *, u_int64_t);
static void	 llm_finished(struct kore_curl *, void *);
static enum error_id llm_verdict(const struct llm *);
static size_t	 llm_write(char *, size_t, size_t, void *);
static size_t	 llm_header(char *, size_t, size_t, void *);
static void	 llm_told(void *);
static int	 llm_event(void *, const char *, size_t);
static void	 llm_chunk(struct llm *, const struct llmwire_chunk *);
static void	 llm_first(struct llm *);
static u_int64_t llm_first_ms(void);
static u_int64_t llm_stall_ms(void);

static LIST_HEAD(, llm)		 calls = LIST_HEAD_INITIALIZER(calls);
static size_t			 calls_count;
static size_t			 calls_changes;	/* of the list, in all */
static int			 is_inside;	/* in a libcurl callback */
static struct kore_timer	*watch;

struct llm *
llm_start(const struct llm_message *messages, size_t count,
    const struct llm_options *options, const struct llm_callbacks *callbacks,
    void *arg)
{
	struct llm	*llm;
	char		 id[TOKEN_ID_LEN + 1];

	if ((llm = calloc(1, sizeof(*llm))) == NULL)
		return (NULL);
	llm->tell = *callbacks;
	llm->arg = arg;
	llm->is_small = options != NULL && options->is_small;
	llm->started = kore_time_ms();
	llm->last = llm->started + (options != NULL &&
	    options->timeout_ms > 0 ? (u_int64_t)options->timeout_ms :
	    llm_first_ms() * LLM_WHOLE_TIMES);
	token_id(id);
	(void)kore_strlcpy(llm->request_id, options != NULL &&
	    options->request_id != NULL ? options->request_id : id,
	    sizeof(llm->request_id));
	ssein_init(&llm->events, llm_event, llm);
	llmform_init(&llm->form);
	llmgather_init(&llm->gather, llm_told, llm);
	llm->body = llmwire_request(config.llm_model, messages, count,
	    options);
	llm->pass = llmhealth_admit(llm->started);
	if (llm->pass == BREAKER_REFUSED)
		llm->failure = ERROR_MODEL_RESTING;
	if (llm->body == NULL ||
	    (llm->pass != BREAKER_REFUSED && llm_attempt(llm) == -1)) {
		llmhealth_gone(llm->pass);
		free(llm->body);
		free(llm);
		return (NULL);
	}

	LIST_INSERT_HEAD(&calls, llm, list);
	calls_count++;
	calls_changes++;
	if (watch == NULL)
		watch = kore_timer_add(llm_watch, LLM_WATCH_MS, NULL, 0);

	return (llm);
}

/* Until the first word, and of silence after it. */
static u_int64_t
llm_first_ms(void)
{
	return ((u_int64_t)config.llm_timeout_seconds * 1000);
}

static u_int64_t
llm_stall_ms(void)
{
	u_int64_t	ms = llm_first_ms() / LLM_STALL_PART;

	return (ms < 1000 ? 1000 : ms);
}

/* Sends the request; -1: no memory. */
static int
llm_attempt(struct llm *llm)
{
	static const struct llmrequest_callbacks	callbacks = {
		.header = llm_header, .write = llm_write
	};

	if (llmrequest_setup(&llm->curl, llm->body, llm->request_id,
	    llm->last - llm->started, &callbacks, llm) == -1)
		return (-1);
	llm->has_transfer = 1;
	llm->attempts++;
	llm->next = 0;
	llm->status = 0;
	llm->retry_after = 0;
	llm->failure = ERROR_NONE;
	llm->has_chunk = 0;
	llm->deadline = kore_time_ms() + llm_first_ms();
	llmhealth_sent(llm->attempts);
	kore_curl_bind_callback(&llm->curl, llm_finished, llm);
	kore_curl_run(&llm->curl);
	/* Kore begins the transfer when its loop turns and tells of it then. */
	job_wake_loop();

	return (0);
}

/* The attempt is over. Not inside a libcurl callback. */
static void
llm_detach(struct llm *llm)
{
	if (!llm->has_transfer)
		return;
	llm->has_transfer = 0;
	llm->is_held = 0;
	llmgather_drop(&llm->gather);
	llmrequest_cleanup(&llm->curl);
}

/* Not inside a libcurl callback. */
static void
llm_free(struct llm *llm)
{
	LIST_REMOVE(llm, list);
	calls_count--;
	calls_changes++;
	llm_detach(llm);
	llmhealth_gone(llm->pass);
	ssein_free(&llm->events);
	llmform_free(&llm->form);
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
	long			 status = llm->status;
	uint32_t		 retry_after_s = (uint32_t)MIN(
				    MAX(llm->retry_after, 0), LLM_RETRY_MAX_S);

	if (failure == ERROR_NONE && !llm->has_words)
		failure = ERROR_MODEL_EMPTY;
	memcpy(reason, llm->reason, sizeof(reason));
	/* Words were a success; a small call's short limit proves nothing. */
	if (llm->pass != BREAKER_REFUSED && !llm->has_text &&
	    failure != ERROR_INTERNAL &&
	    !(llm->is_small && failure == ERROR_MODEL_TIMEOUT))
		llmhealth_judge(failure, status, llm->pass, kore_time_ms());
	llmhealth_ended(failure, &usage);
	llm_free(llm);

	if (failure == ERROR_NONE)
		tell.end(arg, reason[0] == '\0' ? "stop" : reason, &usage);
	else
		tell.fail(arg, failure, status, retry_after_s);
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

int
llm_is_failing(void)
{
	return (llmhealth_is_failing());
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
	llm->deadline = kore_time_ms() + llm_stall_ms();
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
	else if (!llm->has_transfer && llm->failure != ERROR_NONE)
		llm_conclude(llm, llm->failure);
	else if (now >= llm->last)
		llm_conclude(llm, ERROR_MODEL_TIMEOUT);
	else if (!llm->has_transfer) {
		if (now >= llm->next && llm_attempt(llm) == -1)
			llm_conclude(llm, ERROR_INTERNAL);
	} else if (llm->is_paused)
		llm->deadline = now + llm_stall_ms();
	else if (llm->is_held)
		llm_let_go(llm);
	else if (now >= llm->deadline)
		llm_conclude(llm, llm->is_done || llm->reason[0] != '\0' ?
		    ERROR_NONE : ERROR_MODEL_TIMEOUT);
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
	if (llm->failure != ERROR_NONE)
		return (llm->failure);
	if (strcmp(llm->reason, "error") == 0)	/* OpenRouter's */
		return (ERROR_MODEL_CUT);
	if (llm->is_done || llm->reason[0] != '\0')
		return (ERROR_NONE);

	return (llmfault_of_transfer(llm->curl.result, llm->status,
	    llm->has_text, llm->has_chunk));
}

/* Before any text another attempt may help: 1 when there will be one. */
static int
llm_again(struct llm *llm, enum error_id failure)
{
	u_int64_t	now = kore_time_ms();
	int64_t		wait = -1;

	if (!llm->has_text && !llm->is_small)
		wait = llmfault_wait(failure, llm->status, llm->attempts + 1,
		    llm->retry_after, now - llm->started);
	if (wait == -1)
		return (0);
	/* Many that failed at once shall not come back at once. */
	wait += (int64_t)arc4random_uniform((u_int32_t)wait / 4);
	llm->next = now + (u_int64_t)wait;
	llm->failure = ERROR_NONE;
	llm->is_done = 0;
	llm->reason[0] = '\0';
	ssein_free(&llm->events);
	ssein_init(&llm->events, llm_event, llm);
	llm_detach(llm);

	return (1);
}

static void
llm_finished(struct kore_curl *curl, void *arg)
{
	struct llm	*llm = arg;
	enum error_id	 verdict;

	llm->status = curl->http.status;
	is_inside++;
	/* What a broken connection left half is no event. */
	if (!llm->is_cancelled && llm->failure == ERROR_NONE &&
	    curl->result == CURLE_OK && llm->status == 200 &&
	    ssein_finish(&llm->events) == -1 && llm->failure == ERROR_NONE)
		llm->failure = ERROR_MODEL_CUT;
	is_inside--;
	if (llm->is_cancelled) {
		llm_free(llm);
		return;
	}

	verdict = llm_verdict(llm);
	if (verdict != ERROR_NONE)
		log_event(LOG_LEVEL_INFO, "model: request %s, attempt %u: %s, "
		    "status %ld, %s", llm->request_id, llm->attempts,
		    error_info(verdict)->code, llm->status,
		    kore_curl_strerror(curl));
	if (verdict == ERROR_NONE || !llm_again(llm, verdict))
		llm_conclude(llm, verdict);
}

static size_t
llm_header(char *data, size_t size, size_t count, void *arg)
{
	struct llm	*llm = arg;

	(void)data;
	/* Seconds from now, whether it was told so or as a date. */
	curl_easy_getinfo(llm->curl.handle, CURLINFO_RETRY_AFTER,
	    &llm->retry_after);

	return (size * count);
}

static size_t
llm_write(char *data, size_t size, size_t count, void *arg)
{
	struct llm	*llm = arg;
	u_int64_t	 least;
	int		 is_over;

	if (llm->is_cancelled)
		return (0);
	if (llm->is_paused) {
		llm->is_held = 1;
		llmgather_drop(&llm->gather);
		return (CURL_WRITEFUNC_PAUSE);
	}
	if (llm->status == 0)
		curl_easy_getinfo(llm->curl.handle, CURLINFO_RESPONSE_CODE,
		    &llm->status);
	/* The words of a refusal are for nobody; its status says enough. */
	if ((llm->failure = llmfault_of_status(llm->status)) != ERROR_NONE)
		return (0);

	is_inside++;
	if (ssein_feed(&llm->events, data, size * count) == -1 &&
	    llm->failure == ERROR_NONE)
		llm->failure = llm->has_text ? ERROR_MODEL_CUT :
		    ERROR_MODEL_GARBLED;
	is_inside--;
	if (llm->is_cancelled || llm->failure != ERROR_NONE)
		return (0);
	is_over = llm->is_done || llm->reason[0] != '\0';
	least = kore_time_ms() + llm_stall_ms();
	if (!is_over && (llm->has_text || llm->deadline < least))
		llm->deadline = least;
	if (llm->has_text)
		llmgather_note(&llm->gather, llm->curl.handle,
		    is_over ? 0 : calls_count);

	return (size * count);
}

static void
llm_told(void *arg)
{
	struct llm	*llm = arg;

	if (!llm->is_cancelled && llm->tell.told != NULL)
		llm->tell.told(llm->arg);
}

/* One event of the stream; -1 ends the call. */
static int
llm_event(void *arg, const char *data, size_t len)
{
	struct llm		*llm = arg;
	struct llmwire_chunk	 chunk;

	if (llm->is_cancelled)
		return (-1);
	if (llm->is_done)
		return (0);
	switch (llmform_read(&llm->form, &chunk, data, len)) {
	case LLMWIRE_CHUNK:
		llm_chunk(llm, &chunk);
		break;
	case LLMWIRE_DONE:
		llm->is_done = 1;
		llm->deadline = kore_time_ms() + LLM_LINGER_MS;
		break;
	case LLMWIRE_ERROR:
		llm->failure = llm->has_text ? ERROR_MODEL_CUT :
		    chunk.status != 0 ? llmfault_of_status(chunk.status) :
		    ERROR_MODEL_REFUSED;
		if (chunk.status != 0)
			llm->status = chunk.status;
		break;
	case LLMWIRE_GARBAGE:
		llm->failure = llm->has_text ? ERROR_MODEL_CUT :
		    ERROR_MODEL_GARBLED;
		break;
	}
	llmwire_free(&chunk);

	return (llm->is_cancelled || llm->failure != ERROR_NONE ? -1 : 0);
}

static void
llm_chunk(struct llm *llm, const struct llmwire_chunk *chunk)
{
	const char	*text = chunk->text;
	size_t		 len = chunk->len, nul;

	if (!llm->has_chunk)
		llmhealth_reached();
	llm->has_chunk = 1;
	if (chunk->usage.is_known)
		llm->usage = chunk->usage;
	if (chunk->reason != NULL) {
		(void)kore_strlcpy(llm->reason, chunk->reason,
		    sizeof(llm->reason));
		llm->deadline = kore_time_ms() + LLM_USAGE_MS;
	}
	while (text != NULL && len > 0 && !llm->is_cancelled) {
		/* A NUL cannot be stored or shown. */
		nul = strnlen(text, len);
		if (nul > 0) {
			if (!llm->has_text)
				llm_first(llm);
			if (!llm->has_words)
				llm->has_words = utf8_skip_blanks(text, nul,
				    0) < nul;
			llm->tell.text(llm->arg, text, nul);
		}
		if (nul == len)
			break;
		text += nul + 1;
		len -= nul + 1;
	}
}

/* Some text: from here on nothing can be tried again. */
static void
llm_first(struct llm *llm)
{
	curl_off_t	sent = 0;

	llm->has_text = 1;
	llmhealth_spoke(kore_time_ms() - llm->started);
	if (llm->has_transfer)
		curl_easy_getinfo(llm->curl.handle, CURLINFO_SIZE_UPLOAD_T,
		    &sent);
	/* The prompt is the largest thing that a call holds. */
	if ((size_t)sent == strlen(llm->body)) {
		free(llm->body);
		llm->body = NULL;
	}
}
