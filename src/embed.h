/*
 * The embedding end point (EMBED_URL): texts to vectors. For a question from
 * the event loop, for passages blocking on a job thread. And its sibling that
 * reads question and passages together and scores them (RERANK_URL).
 */
#ifndef LECTERN_EMBED_H
#define LECTERN_EMBED_H

#include <stddef.h>

#include "embedwire.h"

enum embed_outcome {
	EMBED_DONE,
	EMBED_LATER,	/* away, busy or broken: the same may work later */
	EMBED_REFUSED	/* these texts, or so many, are not taken */
};

struct embed;
struct embed_rerank;

/*
 * How long an answer waits for its question's vector and for a rerank: past
 * that a person does better without.
 */
#define EMBED_QUESTION_MS	1500L
#define EMBED_RERANK_MS		3000L

/*
 * Asks for a question's vector with the model of that name; `done` is called
 * later, once, with vectors that are valid during it, or NULL. NULL when it
 * cannot be asked; then nothing will be told. `request_id` is handed on
 * (NULL: none).
 */
struct embed	*embed_question(const char *model, size_t dimensions,
		    const char *question, const char *request_id,
		    void (*done)(void *, const struct embedwire_vectors *),
		    void *arg);
void		 embed_cancel(struct embed *);

/*
 * Asks for the vectors of passages, and waits. On EMBED_DONE `vectors` is to
 * be freed by embedwire_free(). Otherwise `why` says what happened, for the
 * log, and *wait_s what the end point asked for (-1: nothing).
 */
enum embed_outcome embed_passages(const char *model, size_t dimensions,
		    const char *const *texts, size_t count,
		    struct embedwire_vectors *vectors, long *wait_s,
		    char *why, size_t why_len);

/*
 * Scores passages, at most EMBED_RERANK_MAX of them; `done` is called later,
 * once, with a score a passage or NULL. NULL when it cannot be asked.
 */
struct embed_rerank *embed_rerank(const char *question,
		    const char *const *texts, size_t count,
		    const char *request_id,
		    void (*done)(void *, const double *), void *arg);
void		 embed_rerank_cancel(struct embed_rerank *);
#define EMBED_RERANK_MAX	50

/* Questions and reranks that failed in this worker, for /metrics. */
void		 embed_figures(u_int64_t *asked, u_int64_t *failed);

#endif
