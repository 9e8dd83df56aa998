/*
 * One context per request: its states, its life, its way out.
 *
 * A route is a plan: a table of steps. Each step consumes the previous
 * answer, starts exactly one thing (db_send, job_send, ...) and names the
 * next state, or ends with reply_*() or request_fail(). Only the functions
 * of this layer move the state or answer.
 */
#ifndef LECTERN_REQUEST_H
#define LECTERN_REQUEST_H

#include <sys/types.h>

#include <jansson.h>

#include <kore/kore.h>
#include <kore/http.h>

#include "buffer.h"
#include "db.h"
#include "error.h"
#include "job.h"

/* How errors (and only they) are dressed; follows from the path. */
enum request_face {
	FACE_API,		/* {message, code, requestId, field?} */
	FACE_AUTH,		/* better-auth: {message, code} */
	FACE_QUICKSTART,	/* better-auth's and detail */
	FACE_OPENAI,		/* {error: {message, type, param, code}} */
	FACE_FORM,		/* a redirect to the form's page */
	FACE_PAGE		/* an HTML page */
};

enum step {
	STEP_NEXT,	/* run the state that r->state now names */
	STEP_WAIT,	/* asleep until whatever was started ends */
	STEP_DONE,	/* answered; the request will be freed */
	STEP_PASS	/* authentication only: let the handler run */
};

struct request;

struct request_step {
	const char	*name;			/* for the debug log */
	enum step	(*run)(struct request *);
};

struct request_plan {
	const char			*name;	/* the route in log lines */
	const struct request_step	*steps;	/* [0] is the first */
	u_int8_t			 steps_len;
	u_int8_t			 flags;	/* REQUEST_* below */
	u_int8_t			 limit;	/* enum limit_rule, 0: none */
	size_t				 data_len; /* zeroed context, or 0 */
	void				(*data_free)(void *); /* or NULL */
};

#define REQUEST_STEP(f)		{ #f, f }
#define REQUEST_SIGNS_IN	0x01	/* Origin is checked without cookie */
#define REQUEST_BODY_FIRST	0x02	/* input.c checks the Origin, as
					   better-auth does: a broken body is
					   told before a wrong Origin */

/* Who asks; filled by the session authentication. */
struct identity {
	char		user_id[37];	/* ours: 32; taken-over ones: a UUID */
	char		session_id[37];
	int		is_admin;
	int		lacks_factor;	/* and is none for that (config.h) */
};

struct request {
	struct http_request		*http;
	const struct request_plan	*plan;	/* NULL: no handler yet */
	u_int8_t			 state;	/* index into plan->steps */
	u_int8_t			 is_waiting; /* for a query or a job */
	u_int8_t			 is_answered;
	u_int8_t			 is_streaming; /* head is sent */
	enum request_face		 face;
	enum error_id			 broken; /* the awaited failed */
	const char			*bad_query; /* unreadable parameter */
	char				 id[25]; /* x-request-id */
	char				 address[46]; /* the client's */
	u_int8_t			 is_address_known; /* or a proxy's */
	u_int8_t			 is_limited; /* limit_told() is due */
	u_int32_t			 retry_after_s; /* 0: the error's */
	u_int64_t			 started; /* kore_time_ms() */
	struct identity			 who;	/* valid when is_signed_in */
	u_int8_t			 is_signed_in;
	json_t				*body;	/* parsed JSON body, or NULL */
	struct db_query			 db;	/* the one running query */
	struct job			*job;	/* the one running job */
	void				*data;	/* the plan's context */
	struct buffer			 head;	/* response header lines */
	int				 status; /* answered with */
};

/* A handler's only line. */
int		 request_run(struct http_request *,
		    const struct request_plan *);
/*
 * The same for an authentication's validator: the plan ends with
 * request_pass(), and then the handler runs, or it has answered.
 */
int		 request_authenticate(struct http_request *,
		    const struct request_plan *);
enum step	 request_pass(struct request *);
/* The context, made at the first call (authentication or handler). */
struct request	*request_get(struct http_request *);
/* Statements that requests of this worker have started, ever. */
u_int32_t	 request_statements(void);
/* False once the client has gone: nothing may be sent any more. */
int		 request_is_alive(const struct request *);
/* A header's value or NULL. */
const char	*request_header(const struct request *, const char *name);
/* The whole body, never NULL; not NUL-terminated. */
const u_int8_t	*request_body(const struct request *, size_t *len);
/*
 * The n-th (0..) segment of the path percent-decoded into buf, or NULL when
 * there is none, it is too long or it holds a NUL.
 */
const char	*request_segment(const struct request *, int n, char *buf,
		    size_t len);
/*
 * A query parameter percent-decoded into buf, or NULL when it is absent. NULL
 * too when it is broken, holds a NUL or is too long; then the next db_send()
 * or job_send() answers 400 instead. The name is kept, not copied.
 */
const char	*request_query(struct request *, const char *name, char *buf,
		    size_t len);

/* Starters and endings; each is used as `return (...)` in a step. */
enum step	 request_next(struct request *, u_int8_t state);
enum step	 request_wait(struct request *, u_int8_t state);
void		 request_wake(struct request *);
enum step	 request_fail(struct request *, enum error_id);
/* The same with a field to blame and a message of its own (copied). */
enum step	 request_fail_field(struct request *, enum error_id,
		    const char *field, const char *message);

/*
 * Starts a statement; the state runs when its result is in r->db. Statement
 * errors that the step does not expect are answered here (503/500): the state
 * is entered only with r->db.error == ERROR_NONE, or with a unique violation
 * (sqlstate 23505) for it to decide.
 */
enum step	 db_send_params(struct request *, u_int8_t state,
		    enum statement, const struct db_param *, size_t);
#define db_send(r, state, statement, ...)				\
	db_send_params(r, state, statement,				\
	    (const struct db_param []){ __VA_ARGS__ },			\
	    sizeof((const struct db_param []){ __VA_ARGS__ }) /		\
	    sizeof(struct db_param))

/* Starts a job; `done` gets input and the request (NULL when gone). */
enum step	 job_send_class(struct request *, u_int8_t state,
		    enum job_class, void (*work)(void *), void *input,
		    void (*done)(void *, void *));
#define job_send(r, state, work, input, done)				\
	job_send_class(r, state, JOB_SHORT, work, input, done)

#endif
