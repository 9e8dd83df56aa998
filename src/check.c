/*
 * `lectern check`: what an operator runs after changing the environment, and
 * first of all when something does not work.
 *
 *	configuration	every variable and kore.conf, as the server would read
 *			them
 *	database	a connection
 *	migrations	the schema is this program's
 *	pgvector	enabled, available, or missing
 *	mail		the relay takes the connection and the credentials
 *	model		GET {LLM_URL}/models
 *	embeddings	one text is embedded
 *	rerank		one passage is scored
 *
 * A line each: `name ok`, `name off` (not configured) or `name FAILED`, and
 * why. What was asked for and does not answer fails; what was not asked for
 * is off. Nothing is changed and no mail is sent.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "check.h"
#include "config.h"
#include "conninfo.h"
#include "dbsync.h"
#include "embed.h"
#include "error.h"
#include "llmfault.h"
#include "mail.h"
#include "migrate.h"
#include "route.h"
#include "upstream.h"

#define CHECK_WHY_MAX	512

enum check_verdict { CHECK_OK, CHECK_OFF, CHECK_FAILED };

static void	check_say(const char *, enum check_verdict, const char *);
static void	check_database(void);
static void	check_schema(struct dbsync *);
static void	check_pgvector(struct dbsync *);
static void	check_mail(void);
static void	check_model(void);
static void	check_listed(const char *, char *, size_t);
static void	check_embeddings(void);
static void	check_rerank(void);

static int	check_failures;

int
check_main(void)
{
	char	why[CHECK_WHY_MAX];

	if (config_read(1, why, sizeof(why)) == -1 ||
	    route_check(why, sizeof(why)) == -1) {
		/* The rest would be guessing. */
		check_say("configuration", CHECK_FAILED, why);
		return (1);
	}
	check_say("configuration", CHECK_OK, "");
	check_database();
	check_mail();
	check_model();
	check_embeddings();
	check_rerank();

	return (check_failures > 0);
}

static void
check_say(const char *name, enum check_verdict verdict, const char *why)
{
	static const char * const	words[] = {
		[CHECK_OK] = "ok", [CHECK_OFF] = "off",
		[CHECK_FAILED] = "FAILED"
	};

	(void)printf("%-14s %s%s%s\n", name, words[verdict],
	    *why == '\0' ? "" : ": ", why);
	if (verdict == CHECK_FAILED)
		check_failures++;
}

static void
check_database(void)
{
	struct dbsync	 db;
	char		*conninfo, why[CHECK_WHY_MAX];

	conninfo = conninfo_make(config.database_url, why, sizeof(why));
	if (conninfo == NULL) {
		check_say("database", CHECK_FAILED, why);
		return;
	}
	if (dbsync_open(&db, conninfo) == -1)
		dbsync_why(&db, why, sizeof(why));
	else if (!migrate_is_old(&db, why, sizeof(why)))
		why[0] = '\0';
	if (why[0] == '\0') {
		check_say("database", CHECK_OK, "");
		check_schema(&db);
		check_pgvector(&db);
	} else {
		check_say("database", CHECK_FAILED, why);
		check_say("migrations", CHECK_FAILED, "not known");
		check_say("pgvector", config.embed_url == NULL ? CHECK_OFF :
		    CHECK_FAILED, "not known");
	}
	dbsync_close(&db);
	free(conninfo);
}

static void
check_schema(struct dbsync *db)
{
	char	why[CHECK_WHY_MAX];
	int64_t	version;

	if (dbsync_run(db, STATEMENT_SCHEMA_VERSION, NULL, 0) == -1 ||
	    dbsync_rows(db) == 0) {
		check_say("migrations", CHECK_FAILED,
		    "none yet; run lectern migrate");
		return;
	}
	version = dbsync_int(db, 0, 0);
	(void)snprintf(why, sizeof(why), "schema version %" PRId64, version);
	if (version == migrate_version()) {
		check_say("migrations", CHECK_OK, why);
		return;
	}
	(void)snprintf(why, sizeof(why), "the database has schema version %"
	    PRId64 ", this program %d; %s", version, migrate_version(),
	    version < migrate_version() ? "run lectern migrate" :
	    "run the newer program");
	check_say("migrations", CHECK_FAILED, why);
}

static void
check_pgvector(struct dbsync *db)
{
	enum check_verdict	trouble;

	trouble = config.embed_url == NULL ? CHECK_OFF : CHECK_FAILED;
	if (dbsync_run(db, STATEMENT_VECTOR_EXTENSION, NULL, 0) == -1)
		check_say("pgvector", trouble, "the database does not say");
	else if (!dbsync_is_null(db, 0, 0))
		check_say("pgvector", CHECK_OK, dbsync_text(db, 0, 0));
	else if (dbsync_is_null(db, 0, 1))
		check_say("pgvector", trouble,
		    "not installed where the database runs");
	else if (dbsync_bool(db, 0, 2))
		check_say("pgvector", CHECK_OK,
		    "installed, enabled when it is needed");
	else
		check_say("pgvector", trouble, "installed; a superuser must "
		    "run: create extension vector");
}

static void
check_mail(void)
{
	char	why[CHECK_WHY_MAX] = "";

	switch (mail_way()) {
	case MAIL_OFF:
		check_say("mail", CHECK_OFF, "MAIL_URL is not set");
		return;
	case MAIL_LOG:
		check_say("mail", CHECK_OK, "printed to the log");
		return;
	case MAIL_FOLDER:
		if (access(strchr(config.mail_url, '/'), W_OK | X_OK) == 0)
			check_say("mail", CHECK_OK, "");
		else
			check_say("mail", CHECK_FAILED,
			    "the folder cannot be written");
		return;
	case MAIL_SMTP:
	case MAIL_HTTPS:
		break;
	}
	if (upstream_greet(config.mail_url, config.mail_needs_tls, why,
	    sizeof(why)) == 0)
		check_say("mail", CHECK_OK, "");
	else
		check_say("mail", CHECK_FAILED, why);
}

static void
check_model(void)
{
	struct upstream_ask	 ask;
	struct upstream_reply	 reply;
	struct upstream		*upstream;
	char			*url, why[CHECK_WHY_MAX];
	enum error_id		 fault;

	if (config.llm_url == NULL) {
		check_say("model", CHECK_OFF,
		    "LLM_URL is not set; answers are extractive");
		return;
	}
	if (asprintf(&url, "%s/models", config.llm_url) == -1)
		return;
	memset(&ask, 0, sizeof(ask));
	ask.url = url;
	ask.key = config.llm_api_key;
	ask.timeout_ms = 10000;
	upstream = upstream_wait(&ask, &reply);
	/* Not every server lists its models; it answers all the same. */
	if (reply.status == 404 || reply.status == 405) {
		check_say("model", CHECK_OK, "it answers, without a list of "
		    "models");
	} else if (reply.why == NULL) {
		check_listed(reply.body, why, sizeof(why));
		check_say("model", CHECK_OK, why);
	} else {
		fault = llmfault_of_status(reply.status);
		if (reply.status == 0)
			(void)snprintf(why, sizeof(why), "%s", reply.why);
		else
			(void)snprintf(why, sizeof(why), "%s, status %ld",
			    error_info(fault)->message, reply.status);
		check_say("model", CHECK_FAILED, why);
	}
	upstream_free(upstream);
	free(url);
}

/* Some answer to names that they do not list, so it is a remark. */
static void
check_listed(const char *body, char *why, size_t why_len)
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
	why[0] = '\0';
	if (!is_listed)
		(void)snprintf(why, why_len, "it answers, but \"%s\" is not "
		    "in its list of models", config.llm_model);
	json_decref(root);
}

static void
check_embeddings(void)
{
	static const char *const	texts[] = { "lamp" };
	struct embedwire_vectors	vectors;
	char				why[CHECK_WHY_MAX];
	long				wait_s;

	if (config.embed_url == NULL) {
		check_say("embeddings", CHECK_OFF,
		    "EMBED_URL is not set; searching is lexical");
		return;
	}
	if (embed_passages(config.embed_model,
	    (size_t)config.embed_dimensions, texts, 1, &vectors, &wait_s, why,
	    sizeof(why)) != EMBED_DONE) {
		check_say("embeddings", CHECK_FAILED, why);
		return;
	}
	(void)snprintf(why, sizeof(why), "%zu dimensions%s",
	    vectors.dimensions, vectors.dimensions > 4000 ?
	    ", too many for an index: large collections are slow" : "");
	check_say("embeddings", config.embed_dimensions != 0 &&
	    (size_t)config.embed_dimensions != vectors.dimensions ?
	    CHECK_FAILED : CHECK_OK, why);
	embedwire_free(&vectors);
}

static void
check_rerank(void)
{
	static const char *const texts[] = { "A lamp burns oil." };
	struct upstream_ask	 ask;
	struct upstream_reply	 reply;
	struct upstream		*upstream;
	char			*body, why[CHECK_WHY_MAX];
	double			 score;

	if (config.rerank_url == NULL) {
		check_say("rerank", CHECK_OFF, "RERANK_URL is not set");
		return;
	}
	body = embedwire_rerank_request(config.rerank_is_tei,
	    config.rerank_model, "lamp", texts, 1);
	if (body == NULL)
		return;
	memset(&ask, 0, sizeof(ask));
	ask.url = config.rerank_url;
	ask.key = config.rerank_api_key;
	ask.body = body;
	ask.timeout_ms = 10000;
	upstream = upstream_wait(&ask, &reply);
	(void)snprintf(why, sizeof(why), "%s, status %ld",
	    reply.why == NULL ? "no list of scores" : reply.why,
	    reply.status);
	if (reply.why == NULL && embedwire_rerank_reply(reply.body, reply.len,
	    &score, 1) == 0)
		check_say("rerank", CHECK_OK, "");
	else
		check_say("rerank", CHECK_FAILED, why);
	upstream_free(upstream);
	free(body);
}
