/*
 * From a question to a stored answer, in one place for every protocol:
 *
 *	begin -> opened (or refused) -> the documents chosen fit whole: written
 *	  or else -> the question made whole -> retrieved
 *			-> nothing answers it: says so, no model
 *			-> joined with neighbours -> written
 *	written: the model's text, end, fail; or passages are quoted
 *	end of any of these, or stop -> checked -> closed -> ended
 *
 * Start and status leave before retrieval begins. Each source leaves before
 * the first text that mentions it. Citations are checked against what the
 * database holds before they leave; the end is told once the answer is
 * stored, or when the first attempt at that has failed.
 *
 * A stateless answer takes the same way, but nothing of it is stored and no
 * log is written: its reader takes text and citations from the answer.
 */
#include <stdlib.h>
#include <string.h>

#include <kore/kore.h>

#include "answerlog.h"
#include "citation.h"
#include "config.h"
#include "extract.h"
#include "log.h"
#include "modelcall.h"
#include "pipeline.h"
#include "rewrite.h"
#include "title.h"
#include "uistream.h"
#include "voice.h"

#define PIPELINE_PASSAGES	8
#define PIPELINE_TEXT_MAX	(256 * 1024)	/* bytes of an answer */

static void	pipeline_opened(void *);
static void	pipeline_search(struct answer *);
static void	pipeline_chosen(struct passages *, void *);
static void	pipeline_joined(struct passages *, void *);
static void	pipeline_retrieved(struct retrieval *, void *);
static void	pipeline_begin_text(struct answer *);
static void	pipeline_write(struct answer *);
static void	pipeline_quote(struct answer *);
static void	pipeline_model(struct answer *);
static void	pipeline_text(void *, const char *, size_t);
static void	pipeline_told(void *);
static void	pipeline_model_end(void *, const char *,
		    const struct llm_usage *);
static void	pipeline_model_fail(void *, enum error_id, long, uint32_t);
static void	pipeline_end(struct answer *, const char *, enum error_id);
static void	pipeline_checked(void *);
static void	pipeline_closed(void *);
static void	pipeline_ended(void *);

void
pipeline_begin(struct answer *a, const struct transcript_question *q)
{
	a->state = ANSWER_OPENING;
	if (a->is_stateless) {
		transcript_admit(&a->transcript, q, pipeline_opened, a);
		return;
	}
	transcript_open(&a->transcript, q, pipeline_opened, a);
	answerlog_run();
}

/* Of the documents asked for those of the collection; or all of it. */
static void
pipeline_scope(struct answer *a)
{
	const json_t	*id, *documents = a->transcript.documents;
	const char	*text;
	size_t		 i, kept = 0, n = a->document_ids_len;
	char		**ids = a->document_ids;

	if (documents == NULL)
		return;
	a->document_ids = calloc(json_array_size(documents) + 1,
	    sizeof(char *));
	if (a->document_ids == NULL)
		fatal("answer: no memory");
	a->document_ids_len = 0;
	json_array_foreach(documents, i, id) {
		text = json_string_value(id);
		for (kept = 0; kept < n && strcmp(ids[kept], text) != 0;)
			kept++;
		if (ids != NULL && kept == n)
			continue;
		text = a->document_ids[a->document_ids_len++] = strdup(text);
		if (text == NULL)
			fatal("answer: no memory");
	}
	while (n > 0)
		free(ids[--n]);
	free(ids);
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

	if (a->turns == NULL)
		a->turns = json_incref(a->transcript.history);
	pipeline_scope(a);
	if (!a->is_stateless) {
		uistream_start(&a->log, a->transcript.answer_id,
		    json_pack("{s:s}", "conversationId",
		    a->transcript.conversation_id));
		uistream_status(&a->log, "searching");
	}
	a->state = ANSWER_RETRIEVING;
	if (a->status != NULL) {
		/* Stopped while it was being opened. */
		pipeline_end(a, a->status, ERROR_NONE);
		return;
	}
	answer_notify(a);
	if (config.llm_url != NULL && a->document_ids_len > 0)
		passages_whole(&a->joined, a->user_id,
		    (const char *const *)a->document_ids, a->document_ids_len,
		    modelcall_room(), pipeline_chosen, a);
	else
		rewrite_begin(a, pipeline_search);
}

/* All that was chosen is given to the model, if it fits. */
static void
pipeline_chosen(struct passages *joined, void *arg)
{
	struct answer	*a = arg;

	if (joined->error != ERROR_NONE)
		pipeline_end(a, "failed", joined->error);
	else if (joined->count == 0) {
		passages_free(joined);
		rewrite_begin(a, pipeline_search);
	} else {
		a->found = joined->passages;
		a->found_len = joined->count;
		pipeline_begin_text(a);
		pipeline_write(a);
	}
}

static void
pipeline_search(struct answer *a)
{
	const char	*question = a->search != NULL ? a->search :
			    a->question;

	retrieval_start(&a->retrieval, a->user_id, a->request_id, question,
	    (const char *const *)a->document_ids, a->document_ids_len,
	    PIPELINE_PASSAGES, pipeline_retrieved, a);
}

/* ---- the answer ---------------------------------------------------------- */

/* From here on there is text. */
static void
pipeline_begin_text(struct answer *a)
{
	a->state = ANSWER_WRITING;
	if (a->is_stateless)
		return;
	uistream_status(&a->log, "writing");
	uistream_step_start(&a->log);
	uistream_text_start(&a->log);
	a->has_text_part = 1;
}

/* Nothing answers it. */
static void
pipeline_refuse(struct answer *a)
{
	const char	*words = voice_no_answer(a->question,
			    strlen(a->question));

	(void)cite_verbatim(&a->cite, words, strlen(words), 0);
	pipeline_end(a, "unanswered", ERROR_NONE);
}

static void
pipeline_retrieved(struct retrieval *retrieval, void *arg)
{
	struct answer	*a = arg;

	if (retrieval->error != ERROR_NONE) {
		pipeline_end(a, "failed", retrieval->error);
		return;
	}
	if (!retrieval->is_answerable || retrieval->count == 0) {
		pipeline_begin_text(a);
		pipeline_refuse(a);
		return;
	}
	if (config.llm_url != NULL) {
		passages_start(&a->joined, retrieval, a->user_id,
		    modelcall_room(), pipeline_joined, a);
		return;
	}
	a->found = retrieval->passages;
	a->found_len = retrieval->count;
	pipeline_begin_text(a);
	pipeline_write(a);
}

static void
pipeline_joined(struct passages *joined, void *arg)
{
	struct answer	*a = arg;

	if (joined->error != ERROR_NONE) {
		pipeline_end(a, "failed", joined->error);
		return;
	}
	pipeline_begin_text(a);
	if (joined->count == 0) {
		/* Deleted a moment ago. */
		pipeline_refuse(a);
		return;
	}
	a->found = joined->passages;
	a->found_len = joined->count;
	pipeline_write(a);
}

/* There are passages: the model is asked, or they are quoted. */
static void
pipeline_write(struct answer *a)
{
	size_t	i;

	if ((a->passages = calloc(a->found_len, sizeof(*a->passages))) ==
	    NULL) {
		pipeline_end(a, "failed", ERROR_INTERNAL);
		return;
	}
	for (i = 0; i < a->found_len; i++) {
		a->passages[i].text = a->found[i].text;
		a->passages[i].len = a->found[i].text_len;
	}
	cite_init(&a->cite, a->passages, a->found_len);

	a->is_modelled = (config.llm_url != NULL);
	if (a->is_modelled)
		pipeline_model(a);
	else
		pipeline_quote(a);
}

static void
pipeline_quote(struct answer *a)
{
	const char	*question = a->search != NULL ? a->search :
			    a->question;

	if (extract_write(&a->cite, question, strlen(question)) == -1)
		pipeline_end(a, "failed", ERROR_INTERNAL);
	else
		pipeline_end(a, "complete", ERROR_NONE);
}

static void
pipeline_model(struct answer *a)
{
	static const struct llm_callbacks	callbacks = {
		.text = pipeline_text,
		.told = pipeline_told,
		.end = pipeline_model_end,
		.fail = pipeline_model_fail
	};
	struct prompt	prompt;

	if (modelcall_prompt(a, &prompt) == -1) {
		pipeline_end(a, "failed", ERROR_INTERNAL);
		return;
	}
	/* What the model was not shown it cannot cite. */
	a->cite.passages_len = prompt.passages_len;
	if (prompt.passages_len > 0)
		a->passages[prompt.passages_len - 1].len = prompt.last_len;
	a->llm = modelcall_start(a, &prompt, &a->options, &callbacks);
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
		    &a->found[c->marks[i].passage], &c->marks[i]);
		if (source == NULL)
			continue;
		if (!a->is_stateless)
			uistream_source(&a->log, source);
		json_array_append_new(a->sources, source);
	}
	if (c->text.len > a->told && !a->is_stateless)
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
	}
}

/* Readers hear once of what one read brought. */
static void
pipeline_told(void *arg)
{
	struct answer	*a = arg;

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
pipeline_model_fail(void *arg, enum error_id error, long status,
    uint32_t retry_after_s)
{
	struct answer	*a = arg;

	a->llm = NULL;
	log_event(LOG_LEVEL_WARN, "answer %s: %s, the model's status is %ld",
	    a->transcript.answer_id, error_info(error)->code, status);
	a->retry_after_s = retry_after_s;
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
		/* The passages stay borrowed from them only when writing. */
		passages_free(&a->joined);
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
	if (a->cite.is_denied && strcmp(a->status, "complete") == 0)
		a->status = "unanswered";
	pipeline_tell_text(a);
	answer_notify(a);

	a->citations = a->found == NULL ? json_array() :
	    citation_list(a->found, &a->cite);
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
		.citations = a->citations,
		.status = a->status,
		.error = a->error == ERROR_NONE ? NULL :
		    error_info(a->error)->code,
		.model = a->is_modelled ? config.llm_model : NULL,
		.usage = usage
	};
	size_t				 i;

	citation_text(a->found, &a->cite, a->citations, &a->text);
	kept.text = buffer_text(&a->text);
	answer_tokens(a, &kept.input_tokens, &kept.output_tokens);
	if (a->is_stateless) {
		a->state = ANSWER_OVER;
		answer_notify(a);
		transcript_spend(&a->transcript, a->user_id,
		    kept.input_tokens, kept.output_tokens, pipeline_ended, a);
		json_decref(usage);
		return;
	}

	if (a->has_text_part) {
		uistream_text_end(&a->log, a->found == NULL ? NULL :
		    citation_marks(a->found, &a->cite, a->citations));
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

	answer_tell_end(a, a->is_modelled ? config.llm_model : NULL,
	    answer_usage(a), error_info(a->error)->message);
	a->state = ANSWER_OVER;
	answer_notify(a);
}

static void
pipeline_ended(void *arg)
{
	struct answer	*a = arg;

	a->is_stored = 1;
	if (a->transcript.is_first && a->is_modelled &&
	    strcmp(a->status, "complete") == 0)
		title_begin(a->user_id, a->transcript.conversation_id,
		    a->question, buffer_text(&a->cite.text));
	answer_release(a);
}
