/*
 * For whoever looks after the server.
 *
 *	GET /health	the process answers; never touches the database
 *	GET /ready	ASK -> each dependency's state; 503 while the
 *			database is away or its schema is not ours
 *	GET /api/auth/ok
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "config.h"
#include "letter.h"
#include "mailer.h"
#include "migrate.h"
#include "reply.h"

int	ops_health(struct http_request *);
int	ops_ready(struct http_request *);
int	ops_ok(struct http_request *);

static enum step	health_answer(struct request *);
static enum step	ready_ask(struct request *);
static enum step	ready_told(struct request *);
static enum step	ok_answer(struct request *);
static enum step	ready_answer(struct request *, int, int);

enum { READY_ASK, READY_TOLD };

static const struct request_step	health_steps[] = {
	REQUEST_STEP(health_answer)
};
static const struct request_step	ready_steps[] = {
	[READY_ASK] = REQUEST_STEP(ready_ask),
	[READY_TOLD] = REQUEST_STEP(ready_told)
};
static const struct request_step	ok_steps[] = {
	REQUEST_STEP(ok_answer)
};

static const struct request_plan	health_plan = {
	.name = "GET /health", .steps = health_steps, .steps_len = 1
};
static const struct request_plan	ready_plan = {
	.name = "GET /ready", .steps = ready_steps, .steps_len = 2
};
static const struct request_plan	ok_plan = {
	.name = "GET /api/auth/ok", .steps = ok_steps, .steps_len = 1
};

int
ops_health(struct http_request *http)
{
	return (request_run(http, &health_plan));
}

int
ops_ready(struct http_request *http)
{
	return (request_run(http, &ready_plan));
}

int
ops_ok(struct http_request *http)
{
	return (request_run(http, &ok_plan));
}

static enum step
health_answer(struct request *r)
{
	struct timespec	now;
	char		date[25], body[80];
	int		len;

	clock_gettime(CLOCK_REALTIME, &now);
	reply_date((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, date);
	len = snprintf(body, sizeof(body),
	    "{\"status\":\"healthy\",\"timestamp\":\"%s\"}", date);
	reply_header(r, "cache-control", "no-store");

	return (reply_bytes(r, 200, "application/json", body, (size_t)len));
}

static enum step
ready_ask(struct request *r)
{
	/* Away or still migrating: known without asking. */
	if (!db_is_up())
		return (ready_answer(r, 0, 0));

	return (db_send(r, READY_TOLD, STATEMENT_SCHEMA_VERSION));
}

static enum step
ready_told(struct request *r)
{
	/* A command may have left a letter; the database is awake anyway. */
	mailer_kick();

	return (ready_answer(r, 1, db_rows(&r->db) == 1 &&
	    db_int(&r->db, 0, 0) == migrate_version()));
}

static enum step
ready_answer(struct request *r, int is_up, int is_current)
{
	int	is_ready = is_up && is_current;

	if (!is_ready)
		reply_header(r, "retry-after", "2");
	reply_header(r, "cache-control", "no-store");

	return (reply_json(r, is_ready ? 200 : 503, json_pack(
	    "{s:s,s:{s:s,s:s,s:s,s:s}}",
	    "status", is_ready ? "ready" : "not ready", "dependencies",
	    "database", is_up ? "ok" : "unreachable",
	    "migrations", is_current ? "ok" : is_up ? "other version" :
	    "unknown",
	    "model", config.llm_url == NULL ? "none (extractive answers)" :
	    "configured",
	    "mail", letter_is_on() ? "on" : "off")));
}

static enum step
ok_answer(struct request *r)
{
	return (reply_json(r, 200, json_pack("{s:b}", "ok", 1)));
}
