/*
 * For whoever looks after the server.
 *
 *	GET /health	the process answers; never touches the database
 *	GET /ready	ASK -> each dependency's state; 503 while the
 *			database is away or its schema is not ours
 *	GET /api/auth/ok
 *	GET /metrics	metrics.h's figures, summed over all workers
 *
 * The figures are for whoever sits on this machine (a loopback peer that no
 * proxy speaks for) or knows METRICS_TOKEN. Without a token the route does not
 * exist for anybody else.
 */
#include <sys/types.h>
#include <sys/resource.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "answer.h"
#include "config.h"
#include "embedder.h"
#include "indexer.h"
#include "letter.h"
#include "llm.h"
#include "mailer.h"
#include "metrics.h"
#include "metricstext.h"
#include "migrate.h"
#include "ops.h"
#include "reply.h"
#include "token.h"
#include "vectors.h"

#define OPS_GAUGES_MS	250
#define OPS_FIGURES_MS	15000	/* between two looks into the database */
#define OPS_FDS_TICKS	20	/* of OPS_GAUGES_MS between two counts */

int	ops_health(struct http_request *);
int	ops_ready(struct http_request *);
int	ops_ok(struct http_request *);
int	ops_metrics(struct http_request *);

static enum step	health_answer(struct request *);
static enum step	ready_ask(struct request *);
static enum step	ready_told(struct request *);
static enum step	ok_answer(struct request *);
static enum step	ready_answer(struct request *, int, int);
static const char	*ready_embeddings(void);
static enum step	metrics_answer(struct request *);
static enum error_id	metrics_refusal(const struct request *);
static int		metrics_is_local(const struct request *);
static void		ops_gauges(void *, u_int64_t);
static void		ops_process(void);
static void		ops_figures(void *, u_int64_t);
static void		ops_figures_told(struct db_query *, void *);

/* The look into the database of this worker. */
static struct {
	struct db_query	db;
	u_int32_t	seen;		/* request_statements() then */
	int		is_waited_for;	/* something stood in line */
} ops_look;

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
static const struct request_step	metrics_steps[] = {
	REQUEST_STEP(metrics_answer)
};

static const struct request_plan	ok_plan = {
	.name = "GET /api/auth/ok", .steps = ok_steps, .steps_len = 1
};

static const struct request_plan	metrics_plan = {
	.name = "GET /metrics", .steps = metrics_steps, .steps_len = 1
};

void
ops_init(void)
{
	kore_timer_add(ops_gauges, OPS_GAUGES_MS, NULL, 0);
	db_query_init(&ops_look.db);
	kore_timer_add(ops_figures, OPS_FIGURES_MS, NULL, 0);
}

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

int
ops_metrics(struct http_request *http)
{
	return (request_run(http, &metrics_plan));
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
	embedder_kick();

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
	    "{s:s,s:{s:s,s:s,s:s,s:s,s:s}}",
	    "status", is_ready ? "ready" : "not ready", "dependencies",
	    "database", is_up ? "ok" : "unreachable",
	    "migrations", is_current ? "ok" : is_up ? "other version" :
	    "unknown",
	    "model", config.llm_url == NULL ? "none (extractive answers)" :
	    llm_is_failing() ? "the end point fails" : "configured",
	    "mail", letter_is_on() ? "on" : "off",
	    "embeddings", ready_embeddings())));
}

/* As this worker knows it; nobody is asked. */
static const char *
ready_embeddings(void)
{
	switch (embedder_state()) {
	case ENCODER_OFF:
		return ("none (lexical search)");
	case ENCODER_NO_PGVECTOR:
		return ("pgvector is missing (lexical search)");
	case ENCODER_DENIED:
		return ("pgvector is not enabled (lexical search)");
	case ENCODER_ON:
		break;
	}
	if (embedder_is_failing())
		return ("the end point fails");

	return (vectors_is_on() ? "on" : "no vectors yet");
}

static enum step
ok_answer(struct request *r)
{
	return (reply_json(r, 200, json_pack("{s:b}", "ok", 1)));
}

/* ---- figures ---- */

static enum step
metrics_answer(struct request *r)
{
	struct buffer	text;
	enum error_id	error = metrics_refusal(r);
	enum step	step;

	reply_header(r, "cache-control", "no-store");
	if (error == ERROR_UNAUTHORIZED)
		reply_header(r, "www-authenticate", "Bearer");
	if (error != ERROR_NONE)
		return (request_fail(r, error));

	ops_gauges(NULL, 0);
	buffer_init(&text);
	metricstext_render(&text);
	step = text.has_failed ? request_fail(r, ERROR_INTERNAL) :
	    reply_bytes(r, 200, "text/plain; version=0.0.4; charset=utf-8",
	    buffer_text(&text), text.len);
	buffer_free(&text);

	return (step);
}

static enum error_id
metrics_refusal(const struct request *r)
{
	static const char	scheme[] = "Bearer ";
	const char		*given = request_header(r, "authorization");

	if (metrics_is_local(r))
		return (ERROR_NONE);
	if (config.metrics_token == NULL)
		return (ERROR_NOT_FOUND);

	return (given != NULL &&
	    strncasecmp(given, scheme, sizeof(scheme) - 1) == 0 &&
	    token_equal(given + sizeof(scheme) - 1, config.metrics_token) ?
	    ERROR_NONE : ERROR_UNAUTHORIZED);
}

/* The socket's other end is on this machine, and speaks for itself. */
static int
metrics_is_local(const struct request *r)
{
	static const char * const	marks[] = { "forwarded", "via",
	    "x-forwarded-for", "x-forwarded-proto", "x-real-ip" };
	const struct connection		*c = r->http->owner;
	const struct in6_addr		*v6 = &c->addr.ipv6.sin6_addr;
	size_t				 i;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (request_header(r, marks[i]) != NULL)
			return (0);
	}
	if (c->family == AF_INET)
		return (ntohl(c->addr.ipv4.sin_addr.s_addr) >> 24 ==
		    IN_LOOPBACKNET);

	return (c->family == AF_INET6 && (IN6_IS_ADDR_LOOPBACK(v6) ||
	    (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == IN_LOOPBACKNET)));
}

/* What other workers' requests are told is at most a quarter of a second old */
static void
ops_gauges(void *unused, u_int64_t now)
{
	u_int32_t	open, waiting;

	(void)unused;
	(void)now;
	ops_process();
	db_figures(&open, &waiting);
	metrics_set(METRIC_DB_CONNECTIONS, open);
	metrics_set(METRIC_DB_WAITING, waiting);
	metrics_set(METRIC_CONNECTIONS, worker_active_connections);
	metrics_set(METRIC_STREAMS, answer_running());
	metrics_set(METRIC_MODEL_RUNNING, llm_running());
	metrics_set(METRIC_MODEL_RESTING, (uint64_t)llm_is_failing());
	metrics_set(METRIC_JOBS_WAITING_SHORT, job_waiting(JOB_SHORT));
	metrics_set(METRIC_JOBS_WAITING_LONG, job_waiting(JOB_LONG));
	metrics_set(METRIC_JOBS_WAITING_MAIL, job_waiting(JOB_MAIL));
	metrics_set(METRIC_JOBS_WAITING_CALL, job_waiting(JOB_CALL));
	metrics_set(METRIC_JOBS_WAITING_SEARCH, job_waiting(JOB_SEARCH));
}

/* Processor time, and now and then the descriptors. */
static void
ops_process(void)
{
	static u_int64_t	told_ms;
	static unsigned		ticks;
	struct timespec		used;
	struct rlimit		limit;
	u_int64_t		ms;
	DIR			*folder;
	u_int64_t		fds = 0;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0) {
		ms = (u_int64_t)used.tv_sec * 1000 +
		    (u_int64_t)used.tv_nsec / 1000000;
		metrics_add(METRIC_CPU_MS, ms - told_ms);
		told_ms = ms;
	}
	if (ticks++ % OPS_FDS_TICKS != 0 ||
	    (folder = opendir("/proc/self/fd")) == NULL)
		return;
	while (readdir(folder) != NULL)
		fds++;
	(void)closedir(folder);
	/* Not ".", ".." and the folder itself. */
	metrics_set(METRIC_FDS, fds - 3);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		metrics_set(METRIC_FDS_MAX, limit.rlim_cur);
}

/*
 * Some figures only the database has. It is asked while it is awake anyway:
 * requests have just asked it, or something stood in line the last time. So
 * a database that goes to sleep is not kept from it by being watched. What
 * stands in line, maybe since an instance was killed, is taken up.
 */
static void
ops_figures(void *unused, u_int64_t now)
{
	(void)unused;
	(void)now;
	if (ops_look.db.state != DB_IDLE || !db_is_up() ||
	    (request_statements() == ops_look.seen &&
	    !ops_look.is_waited_for))
		return;
	ops_look.seen = request_statements();
	db_query_start(&ops_look.db, STATEMENT_OPS_FIGURES, NULL, 0,
	    ops_figures_told, NULL);
}

static void
ops_figures_told(struct db_query *query, void *unused)
{
	static const enum metric	columns[] = { METRIC_SESSIONS,
	    METRIC_DOCUMENTS_QUEUED, METRIC_DOCUMENTS_PROCESSING,
	    METRIC_DOCUMENTS_AGE, METRIC_MAIL_WAITING, METRIC_MAIL_AGE };
	int				i;

	(void)unused;
	if (query->error == ERROR_NONE && db_rows(query) == 1) {
		for (i = 0; i < 6; i++)
			metrics_set(columns[i],
			    (uint64_t)db_int(query, 0, i));
		metrics_set(METRIC_FIGURES_AT, (uint64_t)time(NULL));
		ops_look.is_waited_for = db_int(query, 0, 1) > 0 ||
		    db_int(query, 0, 2) > 0 || db_int(query, 0, 4) > 0;
		/* Of an instance that is gone, nobody else would look. */
		if (db_int(query, 0, 1) > 0 || db_int(query, 0, 2) > 0)
			indexer_kick();
		if (db_int(query, 0, 4) > 0)
			mailer_kick();
	}
	db_query_reset(query);
}
