/*
 * Whether what Lectern depends on answers; see probe.h.
 *
 *	migrations	the schema is this program's
 *	pgvector	enabled, available, or missing
 *	mail		the relay takes the connection and the credentials
 *	model		GET {LLM_URL}/models
 *	embeddings	one text is embedded
 *	rerank		one passage is scored
 *
 * No reason has an address, a key or words of the database in it.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "config.h"
#include "embedwire.h"
#include "llmfault.h"
#include "mail.h"
#include "migrate.h"
#include "probe.h"
#include "upstream.h"

#define PROBE_TIMEOUT_MS	10000
#define PROBE_INDEX_DIMENSIONS	4000	/* pgvector's HNSW of halfvec */

static void	probe_say(struct probe *, const char *, enum probe_verdict,
		    const char *);
static void	probe_judge_model(struct probe *,
		    const struct upstream_reply *);
static void	probe_listed(const char *, char *, size_t);

void
probe_schema(struct probe *probe, int64_t version)
{
	char	why[PROBE_WHY_MAX];

	if (version == -1) {
		probe_say(probe, "migrations", PROBE_FAILED,
		    "none yet; run lectern migrate");
		return;
	}
	(void)snprintf(why, sizeof(why), "schema version %" PRId64, version);
	if (version == migrate_version()) {
		probe_say(probe, "migrations", PROBE_OK, why);
		return;
	}
	(void)snprintf(why, sizeof(why), "the database has schema version %"
	    PRId64 ", this program %d; %s", version, migrate_version(),
	    version < migrate_version() ? "run lectern migrate" :
	    "run the newer program");
	probe_say(probe, "migrations", PROBE_FAILED, why);
}

void
probe_pgvector(struct probe *probe, const char *enabled,
    const char *available, int may_enable)
{
	enum probe_verdict	trouble;

	trouble = config.embed_url == NULL ? PROBE_OFF : PROBE_FAILED;
	if (enabled != NULL)
		probe_say(probe, "pgvector", PROBE_OK, enabled);
	else if (available == NULL)
		probe_say(probe, "pgvector", trouble,
		    "not installed where the database runs");
	else if (may_enable)
		probe_say(probe, "pgvector", PROBE_OK,
		    "installed, enabled when it is needed");
	else
		probe_say(probe, "pgvector", trouble, "installed; a superuser "
		    "must run: create extension vector");
}

void
probe_mail(struct probe *probe)
{
	char	why[PROBE_WHY_MAX] = "";
	int	is_well;

	switch (mail_way()) {
	case MAIL_OFF:
		probe_say(probe, "mail", PROBE_OFF, "MAIL_URL is not set");
		return;
	case MAIL_LOG:
		probe_say(probe, "mail", PROBE_OK, "printed to the log");
		return;
	case MAIL_FOLDER:
		is_well = access(strchr(config.mail_url, '/'),
		    W_OK | X_OK) == 0;
		probe_say(probe, "mail", is_well ? PROBE_OK : PROBE_FAILED,
		    is_well ? "" : "the folder cannot be written");
		return;
	case MAIL_SMTP:
	case MAIL_HTTPS:
		break;
	}
	is_well = upstream_greet(config.mail_url, config.mail_needs_tls, why,
	    sizeof(why)) == 0;
	probe_say(probe, "mail", is_well ? PROBE_OK : PROBE_FAILED,
	    is_well ? "" : why);
}

void
probe_model(struct probe *probe)
{
	struct upstream_ask	 ask = { .request_id = NULL };
	struct upstream_reply	 reply;
	struct upstream		*upstream;
	char			*url;

	if (config.llm_url == NULL) {
		probe_say(probe, "model", PROBE_OFF,
		    "LLM_URL is not set; answers are extractive");
		return;
	}
	if (asprintf(&url, "%s/models", config.llm_url) == -1) {
		probe_say(probe, "model", PROBE_FAILED, "no memory");
		return;
	}
	memset(&ask, 0, sizeof(ask));
	ask.url = url;
	ask.key = config.llm_api_key;
	ask.timeout_ms = PROBE_TIMEOUT_MS;
	upstream = upstream_wait(&ask, &reply);
	probe_judge_model(probe, &reply);
	upstream_free(upstream);
	free(url);
}

static void
probe_judge_model(struct probe *probe, const struct upstream_reply *reply)
{
	enum error_id	error = llmfault_of_status(reply->status);
	char		why[PROBE_WHY_MAX] = "";

	/* Not every server lists its models; it answers all the same. */
	if (reply->status == 404 || reply->status == 405) {
		probe_say(probe, "model", PROBE_OK,
		    "it answers, without a list of models");
	} else if (reply->why == NULL) {
		probe_listed(reply->body, why, sizeof(why));
		probe_say(probe, "model", PROBE_OK, why);
	} else {
		if (reply->status == 0)
			(void)snprintf(why, sizeof(why), "%s", reply->why);
		else
			(void)snprintf(why, sizeof(why), "%s, status %ld",
			    error_info(error)->message, reply->status);
		probe_say(probe, "model", PROBE_FAILED, why);
	}
}

/* Some answer to names that they do not list, so it is a remark. */
static void
probe_listed(const char *body, char *why, size_t why_len)
{
	json_t		*root = json_loads(body, 0, NULL);
	json_t		*list = json_object_get(root, "data"), *model;
	const char	*id;
	size_t		 i;
	int		 is_listed = json_array_size(list) == 0;

	json_array_foreach(list, i, model) {
		id = json_string_value(json_object_get(model, "id"));
		is_listed |= id != NULL && strcmp(id, config.llm_model) == 0;
	}
	if (!is_listed)
		(void)snprintf(why, why_len, "it answers, but \"%s\" is not "
		    "in its list of models", config.llm_model);
	json_decref(root);
}

void
probe_embeddings(struct probe *probe)
{
	static const char *const texts[] = { "lamp" };
	struct upstream_ask	 ask = { .request_id = NULL };
	struct upstream_reply	 reply;
	struct embedwire_vectors vectors;
	struct upstream		*upstream;
	size_t			 wanted = (size_t)config.embed_dimensions;
	char			*body, why[PROBE_WHY_MAX];
	const char		*wrong;

	if (config.embed_url == NULL) {
		probe_say(probe, "embeddings", PROBE_OFF,
		    "EMBED_URL is not set; searching is lexical");
		return;
	}
	body = embedwire_request(config.embed_format, config.embed_model,
	    wanted, texts, 1);
	if (body == NULL) {
		probe_say(probe, "embeddings", PROBE_FAILED, "no memory");
		return;
	}
	memset(&ask, 0, sizeof(ask));
	ask.url = config.embed_url;
	ask.key = config.embed_api_key;
	ask.body = body;
	ask.timeout_ms = PROBE_TIMEOUT_MS;
	upstream = upstream_wait(&ask, &reply);
	wrong = reply.why;
	if (wrong == NULL && embedwire_reply(reply.body, reply.len, 1,
	    &vectors, &wrong) == 0) {
		(void)snprintf(why, sizeof(why), "%zu dimensions%s",
		    vectors.dimensions,
		    vectors.dimensions > PROBE_INDEX_DIMENSIONS ?
		    ", too many for an index: large collections are slow" :
		    "");
		probe_say(probe, "embeddings", wanted != 0 &&
		    wanted != vectors.dimensions ? PROBE_FAILED : PROBE_OK,
		    why);
		embedwire_free(&vectors);
	} else {
		(void)snprintf(why, sizeof(why), "%s, status %ld", wrong,
		    reply.status);
		probe_say(probe, "embeddings", PROBE_FAILED, why);
	}
	upstream_free(upstream);
	free(body);
}

void
probe_rerank(struct probe *probe)
{
	static const char *const texts[] = { "A lamp burns oil." };
	struct upstream_ask	 ask = { .request_id = NULL };
	struct upstream_reply	 reply;
	struct upstream		*upstream;
	char			*body, why[PROBE_WHY_MAX];
	double			 score;

	if (config.rerank_url == NULL) {
		probe_say(probe, "rerank", PROBE_OFF,
		    "RERANK_URL is not set");
		return;
	}
	body = embedwire_rerank_request(config.rerank_is_tei,
	    config.rerank_model, "lamp", texts, 1);
	if (body == NULL) {
		probe_say(probe, "rerank", PROBE_FAILED, "no memory");
		return;
	}
	memset(&ask, 0, sizeof(ask));
	ask.url = config.rerank_url;
	ask.key = config.rerank_api_key;
	ask.body = body;
	ask.timeout_ms = PROBE_TIMEOUT_MS;
	upstream = upstream_wait(&ask, &reply);
	(void)snprintf(why, sizeof(why), "%s, status %ld",
	    reply.why == NULL ? "no list of scores" : reply.why,
	    reply.status);
	if (reply.why == NULL && embedwire_rerank_reply(reply.body, reply.len,
	    &score, 1) == 0)
		probe_say(probe, "rerank", PROBE_OK, "");
	else
		probe_say(probe, "rerank", PROBE_FAILED, why);
	upstream_free(upstream);
	free(body);
}

static void
probe_say(struct probe *probe, const char *name, enum probe_verdict verdict,
    const char *why)
{
	probe->name = name;
	probe->verdict = verdict;
	(void)snprintf(probe->why, sizeof(probe->why), "%s", why);
}
