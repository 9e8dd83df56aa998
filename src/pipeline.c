/*
 * From a question to a stored answer, in one place for every protocol:
 *
 *	begin -> opened -> retrieved -> the model writes (text, end, fail)
 *		   |	       |     -> or passages are quoted
 *		refused	       +---> nothing answers it: says so, no model
 *	end of any of these, or stop -> checked -> closed -> ended
 *
 * Start and status leave before retrieval begins. Each source leaves before
 * the first text that mentions it. Citations are checked against what the
 * database holds before they leave; the end is told once the answer is
 * stored, or when the first attempt at that has failed.
 *
 * Deliberately missing here: retries of the model, follow-up questions made
 * whole, collections.
 */
#include <stdlib.h>
#include <string.h>

#include "citation.h"
#include "config.h"
#include "extract.h"
#include "log.h"
#include "pipeline.h"
#include "prompt.h"
#include "token.h"
#include "uistream.h"

#define PIPELINE_PASSAGES	8
#define PIPELINE_TEXT_MAX	(256 * 1024)	/* bytes of an answer */
#define PIPELINE_TOKENS		8192	/* a window of unknown size */
#define PIPELINE_TOKEN_BYTES	3	/* of text, at least */

static void	pipeline_opened(void *);
static void	pipeline_retrieved(struct retrieval *, void *);
static void	pipeline_write(struct answer *);
static void	pipeline_quote(struct answer *);
static void	pipeline_model(struct answer *);
static void	pipeline_text(void *, const char *, size_t);
static void	pipeline_model_end(void *, const char *,
		    const struct llm_usage *);
static void	pipeline_model_fail(void *, enum error_id, long);
static void	pipeline_end(struct answer *, const char *, enum error_id);
static void	pipeline_checked(void *);
static void	pipeline_closed(void *);
static void	pipeline_ended(void *);

static const char	pipeline_no_answer[] =
    "The documents do not answer this question.";

void
pipeline_begin(struct answer *a, const struct transcript_question *q)
{
	a->state = ANSWER_OPENING;
	transcript_open(&a->transcript, q, pipeline_opened, a);
}

static json_t *
pipeline_metadata(const struct answer *a)
{
	return (json_pack("{s:s}", "conversationId",
	    a->transcript.conversation_id));
}

static void
pipeline_opened(void *arg)
{
	struct answer	*a = arg;

	if (a->transcript.error != ERROR_NONE) {
		a->state = ANSWER_REFUSED;
		a->error = a->transcript.error;
		a->is_stored = 1;
		answer_notify(a);
		answer_release(a);
		return;
	}

	uistream_start(&a->log, a->transcript.answer_id,
	    pipeline_metadata(a));
	uistream_status(&a->log, "searching");
	a->state = ANSWER_RETRIEVING;
	if (a->status != NULL) {
		/* Stopped while it was being opened. */
		pipeline_end(a, a->status, ERROR_NONE);
		return;
	}
	answer_notify(a);
	retrieval_start(&a->retrieval, a->user_id, a->question,
	    (const char *const *)a->document_ids, a->document_ids_len,
	    PIPELINE_PASSAGES, pipeline_retrieved, a);
}

static void
pipeline_retrieved(struct retrieval *retrieval, void *arg)
{
	struct answer	*a = arg;

	if (retrieval->error != ERROR_NONE) {
		pipeline_end(a, "failed", retrieval->error);
		return;
	}

	a->state = ANSWER_WRITING;
	uistream_status(&a->log, "writing");
	uistream_step_start(&a->log);
	uistream_text_start(&a->log);
	a->has_text_part = 1;
	if (!retrieval->is_answerable || retrieval->count == 0) {
		(void)cite_verbatim(&a->cite, pipeline_no_answer,
		    strlen(pipeline_no_answer), 0);
		pipeline_end(a, "unanswered", ERROR_NONE);
		return;
	}
	pipeline_write(a);
}

/* There are passages: the model is asked, or they are quoted. */
static void
pipeline_write(struct answer *a)
{
	size_t	i, count = a->retrieval.count;

	if ((a->passages = calloc(count, sizeof(*a->passages))) == NULL) {
		pipeline_end(a, "failed", ERROR_INTERNAL);
		return;
	}
	for (i = 0; i < count; i++) {
		a->passages[i].text = a->retrieval.passages[i].text;
		a->passages[i].len = a->retrieval.passages[i].text_len;
	}
	cite_init(&a->cite, a->passages, count);

	a->is_modelled = (config.llm_url != NULL);
	if (a->is_modelled)
		pipeline_model(a);
	else
		pipeline_quote(a);
}

static void
pipeline_quote(struct answer *a)
{
	if (extract_write(&a->cite, a->question, strlen(a->question)) == -1)
		pipeline_end(a, "failed", ERROR_INTERNAL);
	else
		pipeline_end(a, "complete", ERROR_NONE);
}

/* The conversation so far, as the prompt takes it; the number of turns. */
static size_t
pipeline_turns(const struct answer *a,
    struct prompt_turn turns[PROMPT_TURNS_MAX])
{
	const json_t	*turn;
	const char	*role, *text;
	size_t		 i, n = 0;

	json_array_foreach(a->transcript.history, i, turn) {
		role = json_string_value(json_object_get(turn, "role"));
		text = json_string_value(json_object_get(turn, "text"));
		if (role == NULL || text == NULL || n == PROMPT_TURNS_MAX)
			continue;
		turns[n].is_user = (strcmp(role, "user") == 0);
		turns[n++].text = text;
	}

	return (n);
}

static int
pipeline_prompt(struct answer *a, struct prompt *prompt)
{
	struct prompt_turn	turns[PROMPT_TURNS_MAX];
	struct prompt_passage	passages[PIPELINE_PASSAGES];
	char			fence[TOKEN_ID_LEN + 1];
	int64_t			tokens;
	size_t			i;
	struct prompt_input	in = {
		.instructions = config.chat_instructions,
		.fence = fence,
		.question = a->question,
		.turns = turns,
		.passages = passages
	};

	token_id(fence);
	in.turns_len = pipeline_turns(a, turns);
	for (i = 0; i < a->retrieval.count && i < PIPELINE_PASSAGES; i++) {
		passages[i].title = a->retrieval.passages[i].title;
		passages[i].heading = a->retrieval.passages[i].heading;
		passages[i].text = a->retrieval.passages[i].text;
		passages[i].len = a->retrieval.passages[i].text_len;
	}
	in.passages_len = i;
	tokens = config.context_tokens > 0 ? config.context_tokens :
	    PIPELINE_TOKENS;
	/* A quarter of the window is the answer's. */
	in.bytes_max = (size_t)tokens * PIPELINE_TOKEN_BYTES / 4 * 3;

	return (prompt_build(prompt, &in));
}

static void
pipeline_model(struct answer *a)
{
	static const struct llm_callbacks	callbacks = {
		.text = pipeline_text,
		.end = pipeline_model_end,
		.fail = pipeline_model_fail
	};
	struct llm_message	messages[PROMPT_MESSAGES_MAX];
	struct prompt		prompt;
	size_t			i;

	if (pipeline_prompt(a, &prompt) == -1) {
		pipeline_end(a, "failed", ERROR_INTERNAL);
		return;
	}
	for (i = 0; i < prompt.len; i++) {
		messages[i].role = prompt.messages[i].role;
		messages[i].text = prompt.messages[i].text;
	}
	/* What the model was not shown it cannot cite. */
	a->cite.passages_len = prompt.passages_len;
	a->llm = llm_start(messages, prompt.len, &callbacks, a);
	prompt_free(&prompt);
	if (a->llm == NULL)
		pipeline_end(a, "failed", ERROR_INTERNAL);
	else
		answer_notify(a);
}

/* Puts into the log what the filter has let out since the last time. */
static void
pipeline_tell_text(struct answer *a)
{
	const struct cite	*c = &a->cite;
	json_t			*source;
	size_t			 i;

	for (i = 0; i < c->marks_len && a->sources_told < c->shown_len; i++) {
		if (c->marks[i].n != a->sources_told + 1)
			continue;
		a->sources_told++;
		source = citation_json(
		    &a->retrieval.passages[c->marks[i].passage], &c->marks[i]);
		if (source != NULL)
			uistream_source(&a->log, source);
		json_decref(source);
	}
	if (c->text.len > a->told)
		uistream_text(&a->log, c->text.data + a->told,
		    c->text.len - a->told);
	a->told = c->text.len;
}

static void
pipeline_text(void *arg, const char *text, size_t len)
{
	struct answer	*a = arg;

	if (cite_feed(&a->cite, text, len) == -1) {
		pipeline_end(a, "failed", ERROR_INTERNAL);
		return;
	}
	if (a->cite.text.len > PIPELINE_TEXT_MAX) {
		a->reason = "length";
		pipeline_end(a, "complete", ERROR_NONE);
		return;
	}
	pipeline_tell_text(a);
	answer_notify(a);
}

static void
pipeline_model_end(void *arg, const char *reason,
    const struct llm_usage *usage)
{
	struct answer	*a = arg;

	a->llm = NULL;
	a->usage = *usage;
	if (strcmp(reason, "length") == 0)
		a->reason = "length";
	else if (strcmp(reason, "content_filter") == 0)
		a->reason = "content-filter";
	if (a->cite.text.len + a->cite.held.len == 0)
		pipeline_end(a, "failed", ERROR_MODEL_REFUSED);
	else
		pipeline_end(a, "complete", ERROR_NONE);
}

static void
pipeline_model_fail(void *arg, enum error_id error, long status)
{
	struct answer	*a = arg;

	a->llm = NULL;
	log_event(LOG_LEVEL_WARN, "answer %s: %s, the model's status is %ld",
	    a->transcript.answer_id, error_info(error)->code, status);
	pipeline_end(a, "failed", error);
}

void
pipeline_stop(struct answer *a)
{
	switch (a->state) {
	case ANSWER_OPENING:
		a->status = "stopped";	/* pipeline_opened() goes on */
		break;
	case ANSWER_RETRIEVING:
		/* The passages stay borrowed from it only when writing. */
		retrieval_free(&a->retrieval);
		/* FALLTHROUGH */
	case ANSWER_WRITING:
		pipeline_end(a, "stopped", ERROR_NONE);
		break;
	default:
		break;
	}
}

/* However it ended: the text is complete now. */
static void
pipeline_end(struct answer *a, const char *status, enum error_id error)
{
	llm_cancel(a->llm);
	a->llm = NULL;
	a->state = ANSWER_CLOSING;
	a->status = status;
	a->error = error;
	if (cite_finish(&a->cite) == -1 && error == ERROR_NONE) {
		a->status = "failed";
		a->error = ERROR_INTERNAL;
	}
	pipeline_tell_text(a);
	answer_notify(a);

	a->citations = a->retrieval.passages == NULL ? json_array() :
	    citation_list(a->retrieval.passages, &a->cite);
	if (json_array_size(a->citations) == 0)
		pipeline_checked(a);
	else
		transcript_check(&a->transcript, a->user_id, a->citations,
		    pipeline_checked, a);
}

static void
pipeline_checked(void *arg)
{
	struct answer			*a = arg;
	json_t				*usage = answer_usage(a), *citation;
	struct transcript_answer	 kept = {
		.text = buffer_text(&a->cite.text),
		.citations = a->citations,
		.status = a->status,
		.error = a->error == ERROR_NONE ? NULL :
		    error_info(a->error)->code,
		.model = a->is_modelled ? config.llm_model : NULL,
		.usage = usage
	};
	size_t				 i;

	if (a->has_text_part) {
		uistream_text_end(&a->log, a->retrieval.passages == NULL ?
		    NULL : citation_marks(a->retrieval.passages, &a->cite,
		    a->citations));
		json_array_foreach(a->citations, i, citation)
			uistream_citation(&a->log, citation);
		uistream_step_finish(&a->log);
	}
	answer_notify(a);
	transcript_close(&a->transcript, &kept, pipeline_closed,
	    pipeline_ended, a);
	json_decref(usage);
}

/* The first attempt to store it is over: the readers need not wait more. */
static void
pipeline_closed(void *arg)
{
	struct answer	*a = arg;
	json_t		*metadata;
	const char	*reason = a->reason == NULL ? "stop" : a->reason;

	metadata = json_pack("{s:s, s:s, s:b, s:s*, s:o*}",
	    "conversationId", a->transcript.conversation_id,
	    "status", a->status,
	    "answered", answer_has_answered(a),
	    "model", a->is_modelled ? config.llm_model : NULL,
	    "usage", answer_usage(a));
	if (strcmp(a->status, "failed") == 0) {
		uistream_error(&a->log, error_info(a->error)->message);
		reason = "error";
	}
	if (strcmp(a->status, "stopped") == 0) {
		uistream_abort(&a->log);
		json_decref(metadata);
	} else
		uistream_finish(&a->log, reason, metadata);
	uistream_done(&a->log);
	a->state = ANSWER_OVER;
	answer_notify(a);
}

static void
pipeline_ended(void *arg)
{
	struct answer	*a = arg;

	a->is_stored = 1;
	answer_release(a);
}
