/*
 * Embeddings and reranking over upstream.c, in the words of embedwire.c.
 *
 * A failing end point is told to the log once, when it begins to fail and
 * when it is back; who asked goes on without, and without waiting for it once
 * it has failed several times in a row (breaker.h). Prefixes that some models
 * want before questions and passages (EMBED_QUERY_PREFIX,
 * EMBED_PASSAGE_PREFIX) are added here.
 */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kore/kore.h>

#include "breaker.h"
#include "config.h"
#include "embed.h"
#include "log.h"
#include "upstream.h"

#define EMBED_PASSAGES_MS	60000L
#define EMBED_MODEL_NONE	"default"

struct embed {
	struct upstream	*upstream;
	enum breaker_pass pass;
	void		(*done)(void *, const struct embedwire_vectors *);
	void		*arg;
};

struct embed_rerank {
	struct upstream	*upstream;
	enum breaker_pass pass;
	size_t		 count;
	void		(*done)(void *, const double *);
	void		*arg;
};

/* What is known of a kind of call, and said once, not at every call. */
struct embed_health {
	const char	*name;
	int		 is_failing;
	struct breaker	 breaker;
};

static struct embed_health	embed_question_health = { "embeddings", 0,
				    { BREAKER_CLOSED, 0, 0 } };
static struct embed_health	embed_rerank_health = { "rerank", 0,
				    { BREAKER_CLOSED, 0, 0 } };
static u_int64_t		embed_asked, embed_failed;

static void	embed_answered(void *, const struct upstream_reply *);
static void	embed_reranked(void *, const struct upstream_reply *);
static void	embed_tell(struct embed_health *, enum breaker_pass,
		    const char *, long);
static char	*embed_prefixed(const char *, const char *);
static enum embed_outcome embed_judge(const struct upstream_reply *);

struct embed *
embed_question(const char *model, size_t dimensions, const char *question,
    const char *request_id,
    void (*done)(void *, const struct embedwire_vectors *), void *arg)
{
	struct upstream_ask	 ask = { .request_id = request_id };
	struct embed		*embed;
	const char		*texts[1];
	char			*text, *body = NULL;

	if ((embed = calloc(1, sizeof(*embed))) == NULL)
		return (NULL);
	embed->pass = breaker_admit(&embed_question_health.breaker,
	    kore_time_ms());
	if (embed->pass == BREAKER_REFUSED) {
		free(embed);
		return (NULL);
	}
	embed->done = done;
	embed->arg = arg;
	text = embed_prefixed(config.embed_query_prefix, question);
	texts[0] = text;
	if (text != NULL)
		body = embedwire_request(config.embed_format, model,
		    dimensions, texts, 1);
	if (body != NULL) {
		ask.url = config.embed_url;
		ask.key = config.embed_api_key;
		ask.body = body;
		ask.timeout_ms = EMBED_QUESTION_MS;
		embed->upstream = upstream_start(&ask, embed_answered, embed);
	}
	free(body);
	free(text);
	if (embed->upstream == NULL) {
		embed_cancel(embed);
		return (NULL);
	}
	embed_asked++;

	return (embed);
}

void
embed_cancel(struct embed *embed)
{
	if (embed == NULL)
		return;
	breaker_forgone(&embed_question_health.breaker, embed->pass);
	upstream_cancel(embed->upstream);
	free(embed);
}

static void
embed_answered(void *arg, const struct upstream_reply *reply)
{
	struct embed			*embed = arg;
	struct embedwire_vectors	 vectors;
	const char			*why = reply->why;

	if (why == NULL)
		(void)!embedwire_reply(reply->body, reply->len, 1, &vectors,
		    &why);
	embed_tell(&embed_question_health, embed->pass, why, reply->status);
	embed->done(embed->arg, why == NULL ? &vectors : NULL);
	if (why == NULL)
		embedwire_free(&vectors);
	free(embed);
}

enum embed_outcome
embed_passages(const char *model, size_t dimensions,
    const char *const *texts, size_t count, struct embedwire_vectors *vectors,
    long *wait_s, char *why, size_t why_len)
{
	struct upstream_ask	 ask = { .request_id = NULL };
	struct upstream_reply	 reply;
	struct upstream		*upstream;
	enum embed_outcome	 outcome;
	const char		*wrong;
	char			*body;

	memset(vectors, 0, sizeof(*vectors));
	*wait_s = -1;
	ask.url = config.embed_url;
	ask.key = config.embed_api_key;
	ask.timeout_ms = EMBED_PASSAGES_MS;
	body = embedwire_request(config.embed_format, model, dimensions,
	    texts, count);
	ask.body = body;
	if (body == NULL) {
		(void)snprintf(why, why_len, "a text cannot be sent");
		return (EMBED_REFUSED);
	}
	upstream = upstream_wait(&ask, &reply);
	*wait_s = reply.retry_after_s;
	wrong = reply.why;
	if (wrong != NULL) {
		outcome = embed_judge(&reply);
	} else {
		outcome = embedwire_reply(reply.body, reply.len, count,
		    vectors, &wrong) == 0 ? EMBED_DONE : EMBED_LATER;
	}
	if (outcome != EMBED_DONE)
		(void)snprintf(why, why_len, "%s, status %ld", wrong,
		    reply.status);
	upstream_free(upstream);
	free(body);

	return (outcome);
}

/* Of a reply that is no whole 200. */
static enum embed_outcome
embed_judge(const struct upstream_reply *reply)
{
	switch (reply->status) {
	case 400:	/* OpenAI: a text too long, or too many */
	case 413:	/* TEI: too many at once */
	case 422:	/* TEI: a text too long */
		return (EMBED_REFUSED);
	default:
		return (EMBED_LATER);
	}
}

struct embed_rerank *
embed_rerank(const char *question, const char *const *texts, size_t count,
    const char *request_id, void (*done)(void *, const double *), void *arg)
{
	struct upstream_ask	 ask = { .request_id = request_id };
	struct embed_rerank	*rerank;
	char			*body;

	if (count > EMBED_RERANK_MAX ||
	    (rerank = calloc(1, sizeof(*rerank))) == NULL)
		return (NULL);
	rerank->pass = breaker_admit(&embed_rerank_health.breaker,
	    kore_time_ms());
	if (rerank->pass == BREAKER_REFUSED) {
		free(rerank);
		return (NULL);
	}
	rerank->count = count;
	rerank->done = done;
	rerank->arg = arg;
	body = embedwire_rerank_request(config.rerank_is_tei,
	    config.rerank_model == NULL ? EMBED_MODEL_NONE :
	    config.rerank_model, question, texts, count);
	if (body != NULL) {
		ask.url = config.rerank_url;
		ask.key = config.rerank_api_key;
		ask.body = body;
		ask.timeout_ms = EMBED_RERANK_MS;
		rerank->upstream = upstream_start(&ask, embed_reranked,
		    rerank);
	}
	free(body);
	if (rerank->upstream == NULL) {
		embed_rerank_cancel(rerank);
		return (NULL);
	}
	embed_asked++;

	return (rerank);
}

void
embed_rerank_cancel(struct embed_rerank *rerank)
{
	if (rerank == NULL)
		return;
	breaker_forgone(&embed_rerank_health.breaker, rerank->pass);
	upstream_cancel(rerank->upstream);
	free(rerank);
}

static void
embed_reranked(void *arg, const struct upstream_reply *reply)
{
	struct embed_rerank	*rerank = arg;
	double			 scores[EMBED_RERANK_MAX];
	const char		*why = reply->why;

	if (why == NULL && embedwire_rerank_reply(reply->body, reply->len,
	    scores, rerank->count) == -1)
		why = "no list of scores";
	embed_tell(&embed_rerank_health, rerank->pass, why, reply->status);
	rerank->done(rerank->arg, why == NULL ? scores : NULL);
	free(rerank);
}

void
embed_figures(u_int64_t *asked, u_int64_t *failed)
{
	*asked = embed_asked;
	*failed = embed_failed;
}

/* Once at each change; the end point's own words are for nobody. */
static void
embed_tell(struct embed_health *health, enum breaker_pass pass,
    const char *why, long status)
{
	/* One that refuses this text (400, 413, ...) is there all the same. */
	if (why == NULL || (status >= 400 && status < 500))
		breaker_succeeded(&health->breaker);
	else
		(void)breaker_failed(&health->breaker, pass, kore_time_ms());
	if (why != NULL)
		embed_failed++;
	if ((why != NULL) == health->is_failing)
		return;
	health->is_failing = why != NULL;
	if (why != NULL)
		log_event(LOG_LEVEL_WARN, "%s: the end point failed (%s, "
		    "status %ld); searching goes on without", health->name,
		    why, status);
	else
		log_event(LOG_LEVEL_INFO, "%s: the end point is back",
		    health->name);
}

/* Freed by the caller; NULL: no memory. */
static char *
embed_prefixed(const char *prefix, const char *text)
{
	char	*both;

	if (asprintf(&both, "%s%s", prefix == NULL ? "" : prefix, text) == -1)
		return (NULL);

	return (both);
}
