/*
 * The life of a request.
 *
 *	request_get()	made by the authentication or the handler
 *	request_enter()	method, size, Origin: what no step has to ask again
 *	limit		for plans with a rule: whether it is too often
 *	steps		each starts one thing, sleeps, and is run again
 *	request_free()	Kore's onfree: answered, or the client has gone
 *
 * While a query or a job runs the request sleeps (is_waiting); its end wakes
 * it. Nothing that outlives the request points to it: a query is cancelled
 * and a job abandoned when it goes.
 */
#include <sys/types.h>

#include <arpa/inet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "edge.h"
#include "forwarded.h"
#include "limit.h"
#include "log.h"
#include "metrics.h"
#include "origin.h"
#include "percent.h"
#include "reply.h"
#include "request.h"
#include "route.h"
#include "token.h"

static void		 request_free(struct http_request *);
static enum step	 request_enter(struct request *);
static int		 request_turn(struct request *);
static void		 request_db_done(struct db_query *, void *);
static void		 request_job_done(struct request *);
static void		 request_name(struct request *);
static void		 request_identify(struct request *);
static enum step	 request_fail_query(struct request *);
static enum request_face request_face(const char *);

static u_int32_t	request_asked;	/* statements of requests */

u_int32_t
request_statements(void)
{
	return (request_asked);
}

int
request_run(struct http_request *http, const struct request_plan *plan)
{
	struct request	*r = request_get(http);
	enum step	 step;

	if (r->plan != plan) {
		r->plan = plan;
		r->state = 0;
		if (plan->data_len > 0 &&
		    (r->data = calloc(1, plan->data_len)) == NULL)
			fatal("request: no memory");
		if ((step = request_enter(r)) == STEP_DONE)
			return (KORE_RESULT_OK);
		r->is_limited = limit_start(r, 0,
		    (enum limit_rule)plan->limit) == STEP_WAIT;
	}

	return (request_turn(r) == STEP_DONE ? KORE_RESULT_OK :
	    KORE_RESULT_RETRY);
}

int
request_authenticate(struct http_request *http,
    const struct request_plan *plan)
{
	struct request	*r = request_get(http);

	if (r->plan == NULL)
		r->plan = plan;
	switch (request_turn(r)) {
	case STEP_PASS:
		return (KORE_RESULT_OK);
	case STEP_DONE:
		return (KORE_RESULT_ERROR);
	default:
		return (KORE_RESULT_RETRY);
	}
}

enum step
request_pass(struct request *r)
{
	(void)r;
	return (STEP_PASS);
}

/* Runs steps until one waits or ends. */
static int
request_turn(struct request *r)
{
	enum step	step = STEP_NEXT;
	u_int8_t	state;

	if (r->is_waiting) {
		http_request_sleep(r->http);
		return (STEP_WAIT);
	}
	if (r->broken != ERROR_NONE) {
		step = request_fail(r, r->broken);
		r->broken = ERROR_NONE;
	} else if (r->is_limited) {
		step = limit_told(r);
	}
	r->is_limited = 0;
	while (step == STEP_NEXT) {
		state = r->state;
		if (state >= r->plan->steps_len)
			fatal("request: %s has no state %u", r->plan->name,
			    state);
		step = r->plan->steps[state].run(r);
		if (log_is_on(LOG_LEVEL_DEBUG))
			log_event(LOG_LEVEL_DEBUG, "%s %s: %s -> %s", r->id,
			    r->plan->name, r->plan->steps[state].name,
			    step == STEP_DONE ? "answered" :
			    step == STEP_PASS ? "passed" :
			    r->plan->steps[r->state].name);
	}
	if (step == STEP_WAIT) {
		http_request_sleep(r->http);
		return (STEP_WAIT);
	}
	/* Kore unlinks a finished request from the list of those awake. */
	http_request_wakeup(r->http);

	return (step);
}

struct request *
request_get(struct http_request *http)
{
	struct request	*r;

	if (http_state_exists(http))
		return (http_state_get(http));

	r = http_state_create(http, sizeof(*r), request_free);
	memset(r, 0, sizeof(*r));
	r->http = http;
	r->started = kore_time_ms();
	r->face = request_face(http->path);
	buffer_init(&r->head);
	db_query_init(&r->db);
	request_name(r);
	request_identify(r);

	return (r);
}

/*
 * The request id: random bits of this worker's start and a counter. It tells
 * requests apart and is no secret.
 */
static void
request_name(struct request *r)
{
	static char		start[TOKEN_ID_LEN + 1];
	static u_int32_t	count;

	if (start[0] == '\0')
		token_id(start);
	(void)snprintf(r->id, sizeof(r->id), "%.16s%08x", start, ++count);
}

/* What holds for every route, before its first step. */
static enum step
request_enter(struct request *r)
{
	enum error_id	error;

	if (r->http->method == HTTP_METHOD_OPTIONS)
		return (origin_preflight(r));
	if (!(route_methods(r->http->hdlr) & r->http->method)) {
		reply_header(r, "allow", route_allow(r->http->hdlr));
		return (request_fail(r, ERROR_METHOD_NOT_ALLOWED));
	}
	if ((error = edge_refusal(r->http)) != ERROR_NONE)
		return (request_fail(r, error));
	if (!(r->plan->flags & REQUEST_BODY_FIRST) &&
	    (error = origin_check(r)) != ERROR_NONE)
		return (request_fail(r, error));

	return (STEP_NEXT);
}

/* Kore frees the request: answered, or its client has gone. */
static void
request_free(struct http_request *http)
{
	struct request	*r = http_state_get(http);
	u_int64_t	 ms;
	int		 status;

	http->onfree = NULL;
	if (r == NULL)
		return;
	db_query_cancel(&r->db);
	if (r->job != NULL)
		job_abandon(r->job);
	if (r->data != NULL) {
		if (r->plan->data_free != NULL)
			r->plan->data_free(r->data);
		explicit_bzero(r->data, r->plan->data_len);
		free(r->data);
	}
	json_decref(r->body);
	buffer_free(&r->head);
	status = r->is_answered ? r->status : 499;
	ms = kore_time_ms() - r->started;
	metrics_request(r->plan == NULL ? "" : r->plan->name, status, ms,
	    r->is_streaming);
	log_request(r->id, r->plan == NULL ? "" : r->plan->name,
	    http_method_text(http->method), status, ms, r->is_streaming,
	    r->is_signed_in ? r->who.user_id : NULL);
	edge_finished(http);
}

int
request_is_alive(const struct request *r)
{
	return (r->http->owner != NULL &&
	    r->http->owner->state != CONN_STATE_DISCONNECTING &&
	    !(r->http->flags & HTTP_REQUEST_DELETE));
}

const char *
request_header(const struct request *r, const char *name)
{
	const char	*value;

	if (!http_request_header(r->http, name, &value))
		return (NULL);

	return (value);
}

const u_int8_t *
request_body(const struct request *r, size_t *len)
{
	const u_int8_t	*body = edge_body(r->http, len);

	return (body == NULL ? (const u_int8_t *)"" : body);
}

const char *
request_segment(const struct request *r, int n, char *buf, size_t size)
{
	const char	*p = r->http->path;
	size_t		 len;

	for (; *p == '/'; n--) {
		p++;
		len = strcspn(p, "/");
		if (n == 0)
			return (percent_decode(p, len, PERCENT_PLUS_LITERAL,
			    buf, size, NULL) == PERCENT_OK ? buf : NULL);
		p += len;
	}

	return (NULL);
}

const char *
request_query(struct request *r, const char *name, char *buf, size_t size)
{
	const char		*query = r->http->query_string;
	enum percent_result	 result;

	if (query == NULL)
		return (NULL);
	result = percent_get(query, strlen(query), name, buf, size, NULL);
	if (result != PERCENT_OK && result != PERCENT_ABSENT)
		r->bad_query = name;

	return (result == PERCENT_OK ? buf : NULL);
}

enum step
request_next(struct request *r, u_int8_t state)
{
	r->state = state;

	return (STEP_NEXT);
}

enum step
request_wait(struct request *r, u_int8_t state)
{
	r->state = state;
	r->is_waiting = 1;

	return (STEP_WAIT);
}

void
request_wake(struct request *r)
{
	/*
	 * Only events and timers wake requests, and Kore looks at those that
	 * are awake after both, in the same turn of its loop.
	 */
	r->is_waiting = 0;
	http_request_wakeup(r->http);
}

enum step
request_fail(struct request *r, enum error_id error)
{
	return (reply_error(r, error, NULL, NULL));
}

enum step
request_fail_field(struct request *r, enum error_id error, const char *field,
    const char *message)
{
	return (reply_error(r, error, field, message));
}

/* What was asked for could not be read: nothing is begun for it. */
static enum step
request_fail_query(struct request *r)
{
	char	text[128];

	(void)snprintf(text, sizeof(text), "[query.%s] Invalid input: too "
	    "long, or not properly percent-encoded", r->bad_query);

	return (request_fail_field(r, ERROR_VALIDATION, r->bad_query, text));
}

enum step
db_send_params(struct request *r, u_int8_t state, enum statement statement,
    const struct db_param *params, size_t count)
{
	if (r->bad_query != NULL)
		return (request_fail_query(r));
	request_asked++;
	db_query_reset(&r->db);
	r->db.asker = r->id;
	db_query_start(&r->db, statement, params, count, request_db_done, r);

	return (request_wait(r, state));
}

static void
request_db_done(struct db_query *query, void *arg)
{
	struct request	*r = arg;

	if (query->error != ERROR_NONE &&
	    strcmp(query->sqlstate, "23505") != 0)
		r->broken = query->error;
	request_wake(r);
}

/* What a request's job carries: the asker's function and its input. */
struct request_job {
	void	(*work)(void *);
	void	(*done)(void *, void *);
	void	*input;
};

static void
request_job_work(void *arg)
{
	struct request_job	*task = arg;

	task->work(task->input);
}

static void
request_job_end(void *arg, void *owner)
{
	struct request_job	*task = arg;
	struct request		*r = owner;

	task->done(task->input, r);
	free(task);
	if (r != NULL)
		request_job_done(r);
}

static void
request_job_done(struct request *r)
{
	r->job = NULL;
	request_wake(r);
}

enum step
job_send_class(struct request *r, u_int8_t state, enum job_class class,
    void (*work)(void *), void *input, void (*done)(void *, void *))
{
	struct request_job	*task;

	if (r->bad_query != NULL) {
		done(input, NULL);
		return (request_fail_query(r));
	}
	if ((task = calloc(1, sizeof(*task))) != NULL) {
		task->work = work;
		task->done = done;
		task->input = input;
		r->job = job_start(class, request_job_work, task,
		    request_job_end, r);
	}
	if (r->job == NULL) {
		free(task);
		done(input, NULL);
		return (request_fail(r, ERROR_BUSY));
	}

	return (request_wait(r, state));
}

/* The client's address: the peer's, or what TRUSTED_HOPS proxies appended. */
static void
request_identify(struct request *r)
{
	struct connection	*c = r->http->owner;
	const char		*list;
	char			 client[FORWARDED_MAX];

	switch (c->family) {
	case AF_INET:
		(void)inet_ntop(AF_INET, &c->addr.ipv4.sin_addr, r->address,
		    sizeof(r->address));
		break;
	case AF_INET6:
		(void)inet_ntop(AF_INET6, &c->addr.ipv6.sin6_addr, r->address,
		    sizeof(r->address));
		break;
	}
	r->is_address_known = config.trusted_hops == 0;
	/* Anything but an address would be stored and shown as one. */
	if (config.trusted_hops > 0 &&
	    (list = request_header(r, "x-forwarded-for")) != NULL &&
	    forwarded_client(list, config.trusted_hops, client)) {
		memcpy(r->address, client, sizeof(client));
		r->is_address_known = 1;
	}
}

static enum request_face
request_face(const char *path)
{
	static const struct {
		const char		*prefix;
		enum request_face	 face;
	} faces[] = {
		{ "/api/auth/register", FACE_QUICKSTART },
		{ "/api/auth/sign-in/email", FACE_AUTH },
		{ "/api/auth/sign-in", FACE_QUICKSTART },
		{ "/api/auth", FACE_AUTH },
		{ "/api", FACE_API },
		{ "/health", FACE_API },
		{ "/ready", FACE_API },
		{ "/metrics", FACE_API },
		{ "/v1", FACE_OPENAI },
		{ "/form", FACE_FORM }
	};
	size_t	i, len;

	for (i = 0; i < sizeof(faces) / sizeof(faces[0]); i++) {
		len = strlen(faces[i].prefix);
		if (strncmp(path, faces[i].prefix, len) == 0 &&
		    (path[len] == '\0' || path[len] == '/'))
			return (faces[i].face);
	}

	return (FACE_PAGE);
}
