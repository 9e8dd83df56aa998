/*
 * What /metrics tells: counters and gauges in memory that all workers share.
 *
 * A worker writes to a slot of its own, so that none waits for another; a
 * worker that takes the place of a lost one goes on with its slot, so that no
 * counter ever falls. metricstext.h tells the sums. Any layer may count, and
 * any thread.
 */
#ifndef LECTERN_METRICS_H
#define LECTERN_METRICS_H

#include <sys/types.h>

#include <stdint.h>

#include "error.h"

enum metric_kind {
	METRIC_COUNTER,
	METRIC_COUNTER_MS,	/* counted in ms, told in seconds */
	METRIC_GAUGE,		/* of each worker; summed */
	METRIC_COMMON		/* a gauge of all: the last word counts */
};

/* X(name, kind, family, labels or "", help); a family's rows are together. */
#define METRIC_LIST(X)							\
	X(CONNECTIONS, METRIC_GAUGE, "connections", "",			\
	    "Connections of clients")					\
	X(CPU_MS, METRIC_COUNTER_MS, "process_cpu_seconds_total", "",	\
	    "Processor time of the workers")				\
	X(FDS, METRIC_GAUGE, "process_open_fds", "",			\
	    "File descriptors that the workers have open")		\
	X(FDS_MAX, METRIC_GAUGE, "process_max_fds", "",			\
	    "How many they may have open")				\
	X(SESSIONS, METRIC_COMMON, "sessions", "",			\
	    "Sessions that have not expired, as the database had it last") \
	X(DOCUMENTS_QUEUED, METRIC_COMMON, "documents_waiting",		\
	    "status=\"queued\"",					\
	    "Documents that wait to be read, as the database had it last") \
	X(DOCUMENTS_PROCESSING, METRIC_COMMON, "documents_waiting",	\
	    "status=\"processing\"", "")				\
	X(DOCUMENTS_AGE, METRIC_COMMON, "documents_oldest_seconds", "",	\
	    "Since when the oldest of them waits")			\
	X(MAIL_AGE, METRIC_COMMON, "mails_oldest_seconds", "",		\
	    "Since when the oldest mail in the outbox waits")		\
	X(FIGURES_AT, METRIC_COMMON, "database_figures_timestamp_seconds", \
	    "", "When the database was last asked for these, 0: never")	\
	X(POOLER_UP, METRIC_COMMON, "pooler_up", "",			\
	    "1: PgBouncer beside us answers; 0: not, or there is none")	\
	X(POOLER_CLIENTS_ACTIVE, METRIC_COMMON, "pooler_clients",	\
	    "state=\"active\"", "Our connections to PgBouncer")		\
	X(POOLER_CLIENTS_WAITING, METRIC_COMMON, "pooler_clients",	\
	    "state=\"waiting\"", "")					\
	X(POOLER_SERVERS_ACTIVE, METRIC_COMMON, "pooler_servers",	\
	    "state=\"active\"", "Its connections to the database")	\
	X(POOLER_SERVERS_IDLE, METRIC_COMMON, "pooler_servers",		\
	    "state=\"idle\"", "")					\
	X(POOLER_WAIT, METRIC_COMMON, "pooler_wait_seconds", "",	\
	    "How long the first of those that wait has waited")		\
	X(STREAMS, METRIC_GAUGE, "streams", "",				\
	    "Answers that are being written")				\
	X(JOBS_WAITING_SHORT, METRIC_GAUGE, "jobs_waiting",		\
	    "class=\"short\"", "Jobs in line for a thread")		\
	X(JOBS_WAITING_LONG, METRIC_GAUGE, "jobs_waiting",		\
	    "class=\"long\"", "")					\
	X(JOBS_WAITING_MAIL, METRIC_GAUGE, "jobs_waiting",		\
	    "class=\"mail\"", "")					\
	X(JOBS_WAITING_CALL, METRIC_GAUGE, "jobs_waiting",		\
	    "class=\"call\"", "")					\
	X(JOBS_WAITING_SEARCH, METRIC_GAUGE, "jobs_waiting",		\
	    "class=\"search\"", "")					\
	X(JOBS_SHORT, METRIC_COUNTER, "jobs_total", "class=\"short\"",	\
	    "Jobs taken into a line")					\
	X(JOBS_LONG, METRIC_COUNTER, "jobs_total", "class=\"long\"", "") \
	X(JOBS_MAIL, METRIC_COUNTER, "jobs_total", "class=\"mail\"", "") \
	X(JOBS_CALL, METRIC_COUNTER, "jobs_total",			\
	    "class=\"call\"", "")					\
	X(JOBS_SEARCH, METRIC_COUNTER, "jobs_total",			\
	    "class=\"search\"", "")					\
	X(JOBS_REFUSED_SHORT, METRIC_COUNTER, "jobs_refused_total",	\
	    "class=\"short\"", "Jobs refused since the line was full")	\
	X(JOBS_REFUSED_LONG, METRIC_COUNTER, "jobs_refused_total",	\
	    "class=\"long\"", "")					\
	X(JOBS_REFUSED_MAIL, METRIC_COUNTER, "jobs_refused_total",	\
	    "class=\"mail\"", "")					\
	X(JOBS_REFUSED_CALL, METRIC_COUNTER, "jobs_refused_total",	\
	    "class=\"call\"", "")					\
	X(JOBS_REFUSED_SEARCH, METRIC_COUNTER, "jobs_refused_total",	\
	    "class=\"search\"", "")					\
	X(DB_CONNECTIONS, METRIC_GAUGE, "database_connections", "",	\
	    "Connections to the database")				\
	X(DB_WAITING, METRIC_GAUGE, "database_waiting", "",		\
	    "Statements in line for a connection")			\
	X(DB_CONNECTIONS_MAX, METRIC_GAUGE, "database_connections_max", "", \
	    "How many there may be")					\
	X(DB_STATEMENTS, METRIC_COUNTER, "database_statements_total", "", \
	    "Statements ended, well or not")				\
	X(DB_ERRORS_AWAY, METRIC_COUNTER, "database_errors_total",	\
	    "kind=\"unavailable\"", "Statements that failed")		\
	X(DB_ERRORS_BUSY, METRIC_COUNTER, "database_errors_total",	\
	    "kind=\"busy\"", "")					\
	X(DB_ERRORS_STATEMENT, METRIC_COUNTER, "database_errors_total",	\
	    "kind=\"statement\"", "")					\
	X(MODEL_RUNNING, METRIC_GAUGE, "model_calls", "",		\
	    "Calls to the language model that are running")		\
	X(MODEL_RESTING, METRIC_GAUGE, "model_breakers_open", "",	\
	    "Workers that leave the language model alone after failures") \
	X(MODEL_REQUESTS, METRIC_COUNTER, "model_requests_total", "",	\
	    "Requests sent to the language model, repeated ones too")	\
	X(MODEL_RETRIES, METRIC_COUNTER, "model_retries_total", "",	\
	    "Requests sent once more after a failure")			\
	X(MODEL_FIRSTS, METRIC_COUNTER, "model_first_words_total", "",	\
	    "Calls to the language model that brought some text")	\
	X(MODEL_FIRST_MS, METRIC_COUNTER_MS,				\
	    "model_first_words_seconds_total", "",			\
	    "Time until that text began, failed attempts among it")	\
	X(MODEL_INPUT_TOKENS, METRIC_COUNTER, "model_tokens_total",	\
	    "kind=\"input\"", "Tokens, where the end point counts")	\
	X(MODEL_OUTPUT_TOKENS, METRIC_COUNTER, "model_tokens_total",	\
	    "kind=\"output\"", "")					\
	X(MODEL_FAILED_STATUS, METRIC_COUNTER, "model_errors_total",	\
	    "kind=\"error\"", "Calls to the language model that failed") \
	METRIC_MODEL(X, KEY, "key_refused")				\
	METRIC_MODEL(X, UNKNOWN, "not_found")				\
	METRIC_MODEL(X, LIMITED, "rate_limited")			\
	METRIC_MODEL(X, OVERLOADED, "overloaded")			\
	METRIC_MODEL(X, RESTING, "breaker_open")			\
	METRIC_MODEL(X, UNREACHABLE, "unreachable")			\
	METRIC_MODEL(X, TLS, "tls")					\
	METRIC_MODEL(X, GARBLED, "not_understood")			\
	METRIC_MODEL(X, EMPTY, "empty")					\
	METRIC_MODEL(X, TIMEOUT, "timeout")				\
	METRIC_MODEL(X, CUT, "cut_off")					\
	X(EMBED_OK, METRIC_COUNTER, "upstream_requests_total",		\
	    "service=\"embeddings\",outcome=\"ok\"",			\
	    "Requests for embeddings and reranks")			\
	X(EMBED_FAILED, METRIC_COUNTER, "upstream_requests_total",	\
	    "service=\"embeddings\",outcome=\"failed\"", "")		\
	X(RERANK_OK, METRIC_COUNTER, "upstream_requests_total",		\
	    "service=\"rerank\",outcome=\"ok\"", "")			\
	X(RERANK_FAILED, METRIC_COUNTER, "upstream_requests_total",	\
	    "service=\"rerank\",outcome=\"failed\"", "")		\
	X(MAIL_SENT, METRIC_COUNTER, "mails_total", "outcome=\"sent\"",	\
	    "Attempts to send a mail")					\
	X(MAIL_LATER, METRIC_COUNTER, "mails_total", "outcome=\"later\"", "") \
	X(MAIL_REFUSED, METRIC_COUNTER, "mails_total",			\
	    "outcome=\"refused\"", "")					\
	X(MAIL_WAITING, METRIC_COMMON, "mails_waiting", "",		\
	    "Mails in the outbox, when it was last looked at")		\
	X(SIGN_INS, METRIC_COUNTER, "sign_ins_total", "outcome=\"ok\"",	\
	    "Sign-ins by password")					\
	X(SIGN_INS_FAILED, METRIC_COUNTER, "sign_ins_total",		\
	    "outcome=\"failed\"", "")					\
	X(SWEEPS, METRIC_COUNTER, "housekeeping_runs_total", "",	\
	    "Batches of housekeeping")					\
	X(SWEEPS_FAILED, METRIC_COUNTER, "housekeeping_failures_total",	\
	    "", "Batches of housekeeping that failed")			\
	X(SWEEP_MS, METRIC_COUNTER_MS, "housekeeping_seconds_total", "", \
	    "Time that housekeeping took")				\
	X(SWEEP_AT, METRIC_COMMON, "housekeeping_last_run_timestamp_seconds", \
	    "", "When housekeeping last ended, 0: never")		\
	X(SWEPT_SESSIONS, METRIC_COUNTER, "housekeeping_rows_removed_total", \
	    "kind=\"sessions\"", "Rows removed by housekeeping")	\
	METRIC_SWEPT(X, MAIL_TOKENS, "mail_tokens")			\
	METRIC_SWEPT(X, OUTBOX, "outbox")				\
	METRIC_SWEPT(X, FACTOR_TOKENS, "second_factor_tokens")		\
	METRIC_SWEPT(X, API_KEYS, "api_keys")				\
	METRIC_SWEPT(X, LIMITS, "limits")				\
	METRIC_SWEPT(X, ATTEMPTS, "attempts")				\
	METRIC_SWEPT(X, AUDIT, "audit")					\
	METRIC_SWEPT(X, DEVICES, "devices")				\
	METRIC_SWEPT(X, CONVERSATIONS, "conversations")			\
	METRIC_SWEPT(X, CHAT_USAGE, "chat_usage")			\
	METRIC_SWEPT(X, ANSWER_WORKERS, "answer_workers")
#define METRIC_SWEPT(X, name, kind)					\
	X(SWEPT_##name, METRIC_COUNTER, "housekeeping_rows_removed_total", \
	    "kind=\"" kind "\"", "")
#define METRIC_MODEL(X, name, kind)					\
	X(MODEL_FAILED_##name, METRIC_COUNTER, "model_errors_total",	\
	    "kind=\"" kind "\"", "")

enum metric {
#define METRIC_ENUM(name, kind, family, labels, help)	METRIC_##name,
	METRIC_LIST(METRIC_ENUM)
#undef METRIC_ENUM
	METRIC_COUNT
};

/* X(name, family, labels, help); histograms of milliseconds. */
#define TIMING_LIST(X)							\
	X(DB_WAIT, "database_wait_seconds", "line=\"connections\"",	\
	    "How long statements wait for a connection")		\
	X(DB_RUN, "database_statement_seconds", "line=\"connections\"",	\
	    "From sending a statement to its result")			\
	TIMING_JOB(X, WAIT, "job_wait_seconds",				\
	    "How long jobs wait for a thread; class short hashes passwords") \
	TIMING_JOB(X, RUN, "job_run_seconds",				\
	    "How long jobs take; class short hashes passwords")		\
	X(MODEL_FIRST, "upstream_seconds", "service=\"model\"",		\
	    "Until the model's first text, or another's whole reply")	\
	X(EMBED, "upstream_seconds", "service=\"embeddings\"", "")	\
	X(RERANK, "upstream_seconds", "service=\"rerank\"", "")		\
	X(MAIL, "upstream_seconds", "service=\"mail\"", "")
/* In the order of enum job_class. */
#define TIMING_JOB(X, name, family, help)				\
	X(JOB_##name##_SHORT, family, "class=\"short\"", help)		\
	X(JOB_##name##_LONG, family, "class=\"long\"", "")		\
	X(JOB_##name##_MAIL, family, "class=\"mail\"", "")		\
	X(JOB_##name##_CALL, family, "class=\"call\"", "")		\
	X(JOB_##name##_SEARCH, family, "class=\"search\"", "")

enum timing {
#define TIMING_ENUM(name, family, labels, help)	TIMING_##name,
	TIMING_LIST(TIMING_ENUM)
#undef TIMING_ENUM
	TIMING_COUNT
};

#define LECTERN_VERSION	"0.1.0"

/* In the parent, before any worker is forked; `schema` is told as it is. */
void	metrics_init(int schema);
/* Once per worker, before it counts anything. */
void	metrics_worker(void);

void	metrics_add(enum metric, uint64_t);
void	metrics_set(enum metric, uint64_t);
/* Adds to the counter of that kind ("sessions"); an unknown one is dropped. */
void	metrics_swept(const char *kind, uint64_t rows);
/*
 * A request has ended. `route` is a constant text without quotes or
 * backslashes, `ms` what it took from its header's end to its last byte.
 */
void	metrics_request(const char *route, int status, uint64_t ms,
	    int is_stream);

/* Something has taken `ms`. */
void	metrics_time(enum timing, uint64_t ms);
/* An error was told to a client. */
void	metrics_error(enum error_id);

#endif
