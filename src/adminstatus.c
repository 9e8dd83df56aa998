/*
 * How the server's surroundings fare, for administrators.
 *
 *	GET /api/admin/status	ask -> found -> probed
 *
 * What `lectern check` says, by the same code (probe.c): the database is asked
 * as any request does, the other end points from a thread, which waits for
 * them. Without the database nobody is signed in, and so nobody is told.
 */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "metrics.h"
#include "probe.h"
#include "reply.h"

int	adminstatus_tell(struct http_request *);

/* Columns of admin_status.sql. */
enum {
	COLUMN_SCHEMA, COLUMN_SERVER, COLUMN_VECTOR, COLUMN_VECTOR_AVAILABLE,
	COLUMN_MAY_ENABLE, COLUMN_QUEUED, COLUMN_PROCESSING, COLUMN_MAILS
};

/* In the order in which they are told; those from MAIL on from the thread. */
enum {
	STATUS_DATABASE, STATUS_SCHEMA, STATUS_PGVECTOR, STATUS_MAIL,
	STATUS_MODEL, STATUS_EMBEDDINGS, STATUS_RERANK, STATUS_PROBES
};

struct adminstatus {
	struct probe	probes[STATUS_PROBES];
	int64_t		queued;		/* documents */
	int64_t		processing;
	int64_t		mails;		/* in the outbox */
};

enum { STATUS_ASK, STATUS_FOUND, STATUS_PROBED };

static enum step	status_ask(struct request *);
static enum step	status_found(struct request *);
static enum step	status_probed(struct request *);
static void		status_probe(void *);
static void		status_take(void *, void *);

static const struct request_step	status_steps[] = {
	[STATUS_ASK] = REQUEST_STEP(status_ask),
	[STATUS_FOUND] = REQUEST_STEP(status_found),
	[STATUS_PROBED] = REQUEST_STEP(status_probed)
};
static const struct request_plan	status_plan = {
	.name = "GET /api/admin/status", .steps = status_steps, .steps_len = 3,
	.data_len = sizeof(struct adminstatus)
};

int
adminstatus_tell(struct http_request *http)
{
	return (request_run(http, &status_plan));
}

static enum step
status_ask(struct request *r)
{
	return (db_send(r, STATUS_FOUND, STATEMENT_ADMIN_STATUS,
	    DB_TEXT(r->who.user_id), DB_TEXT(config.admin_email)));
}

static enum step
status_found(struct request *r)
{
	const struct db_query	*db = &r->db;
	struct adminstatus	*s = r->data, *copy;
	struct probe		*database = &s->probes[STATUS_DATABASE];

	if (db_rows(db) == 0)
		return (request_fail(r, ERROR_ADMINS_ONLY));
	database->name = "database";
	(void)snprintf(database->why, sizeof(database->why), "PostgreSQL %s",
	    db_text(db, 0, COLUMN_SERVER));
	probe_schema(&s->probes[STATUS_SCHEMA],
	    db_int(db, 0, COLUMN_SCHEMA));
	probe_pgvector(&s->probes[STATUS_PGVECTOR],
	    db_is_null(db, 0, COLUMN_VECTOR) ? NULL :
	    db_text(db, 0, COLUMN_VECTOR),
	    db_is_null(db, 0, COLUMN_VECTOR_AVAILABLE) ? NULL :
	    db_text(db, 0, COLUMN_VECTOR_AVAILABLE),
	    db_bool(db, 0, COLUMN_MAY_ENABLE));
	s->queued = db_int(db, 0, COLUMN_QUEUED);
	s->processing = db_int(db, 0, COLUMN_PROCESSING);
	s->mails = db_int(db, 0, COLUMN_MAILS);

	/* The thread may outlive the request: it has a copy. */
	if ((copy = malloc(sizeof(*copy))) == NULL)
		return (request_fail(r, ERROR_BUSY));
	*copy = *s;

	/* The class of calls may be at work on vectors for an hour. */
	return (job_send_class(r, STATUS_PROBED, JOB_MAIL, status_probe, copy,
	    status_take));
}

/* On the thread. */
static void
status_probe(void *input)
{
	struct adminstatus	*s = input;

	probe_mail(&s->probes[STATUS_MAIL]);
	probe_model(&s->probes[STATUS_MODEL]);
	probe_embeddings(&s->probes[STATUS_EMBEDDINGS]);
	probe_rerank(&s->probes[STATUS_RERANK]);
}

static void
status_take(void *input, void *arg)
{
	struct request	*r = arg;

	if (r != NULL)
		memcpy(r->data, input, sizeof(struct adminstatus));
	free(input);
}

static enum step
status_probed(struct request *r)
{
	static const char *const	words[] = {
		[PROBE_OK] = "ok", [PROBE_OFF] = "off",
		[PROBE_FAILED] = "failed"
	};
	const struct adminstatus	*s = r->data;
	json_t				*checks = json_array();
	int				 i;

	for (i = 0; i < STATUS_PROBES; i++)
		json_array_append_new(checks, json_pack("{s:s,s:s,s:s}",
		    "name", s->probes[i].name,
		    "state", words[s->probes[i].verdict],
		    "reason", s->probes[i].why));
	reply_header(r, "cache-control", "no-store");

	return (reply_json(r, 200, json_pack("{s:s,s:o,s:{s:I,s:I,s:I},"
	    "s:{s:s?,s:s?,s:s?}}", "version", LECTERN_VERSION,
	    "checks", checks,
	    "waiting", "documentsQueued", (json_int_t)s->queued,
	    "documentsProcessing", (json_int_t)s->processing,
	    "mails", (json_int_t)s->mails,
	    "models", "answers", config.llm_url == NULL ? NULL :
	    config.llm_model, "embeddings", config.embed_url == NULL ? NULL :
	    config.embed_model, "rerank", config.rerank_url == NULL ? NULL :
	    config.rerank_model)));
}
