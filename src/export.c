/*
 * Everything of the person who asks, as one ZIP archive.
 *
 *	GET /api/export		START -> (a long job writes the archive) SEND
 *
 *	account.json		profile, sessions, keys, documents, events
 *	documents/NAME		each as it was uploaded
 *	conversations/NAME.json	each with all its messages
 *
 * The job has a connection of its own and one snapshot of the database. It
 * holds a slice of a document, or one conversation, at a time, and writes to
 * a file that has no name any more; the answer sends that. Nothing but rows
 * of this person is asked for: the rule stands in each statement.
 * Deliberately missing: what was deleted, and the shared library.
 */
#include <sys/types.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bundle.h"
#include "dbsync.h"
#include "export.h"
#include "filename.h"
#include "limit.h"
#include "log.h"
#include "reply.h"
#include "session.h"
#include "utf8.h"

#define EXPORT_TYPE		"application/zip"
#define EXPORT_SLICE		(4 * 1024 * 1024) /* bytes of a document */
#define EXPORT_NAME_MAX		120	/* bytes, without our ending */
#define EXPORT_PATH_MAX		256

int	export_make(struct http_request *);

/* What the job works on; it belongs to the job until export_done(). */
struct export_job {
	char		 user_id[37];
	char		 address[46];
	char		 agent[256];
	atomic_int	 is_unwanted;	/* the client has gone */
	int		 fd;		/* the archive, or -1 */
	size_t		 len;		/* its bytes */
	enum error_id	 error;
	struct export	*asker;		/* loop only */
	struct dbsync	 db;
	struct bundle	*bundle;
};

/* The request's side. */
struct export {
	struct export_job	*job;	/* NULL: none, or over */
	int			 fd;	/* what it made; -1: nothing */
	size_t			 len;
	enum error_id		 error;
};

/* Columns of export_conversation.sql and export_document.sql. */
enum { COLUMN_ID, COLUMN_NAME, COLUMN_SECONDS };
enum { COLUMN_JSON = 3 };
enum { COLUMN_IS_TITLE = 3, COLUMN_MEDIA_TYPE, COLUMN_SIZE };

enum { EXPORT_START, EXPORT_SEND };

static enum step	export_start(struct request *);
static enum step	export_send(struct request *);
static void		export_name(struct request *);
static void		export_free(void *);
static void		export_work(void *);
static void		export_done(void *, void *);
static int		export_file(struct export_job *);
static int		export_write(struct export_job *);
static int		export_account(struct export_job *);
static int		export_conversations(struct export_job *);
static int		export_documents(struct export_job *);
static int		export_document(struct export_job *, const char *,
			    size_t);
static int		export_text(struct export_job *, const char *,
			    const char *, int64_t);
static int		export_trouble(struct export_job *);
static void		export_path(char [EXPORT_PATH_MAX], const char *,
			    const char *, const char *, const char *);

static const char	*export_conninfo;

static const struct request_step	export_steps[] = {
	[EXPORT_START] = REQUEST_STEP(export_start),
	[EXPORT_SEND] = REQUEST_STEP(export_send)
};

static const struct request_plan	export_plan = {
	.name = "GET /api/export", .steps = export_steps, .steps_len = 2,
	.limit = LIMIT_EXPORT,
	.data_len = sizeof(struct export), .data_free = export_free
};

void
export_init(const char *conninfo)
{
	export_conninfo = conninfo;
}

int
export_make(struct http_request *http)
{
	return (request_run(http, &export_plan));
}

/* ---- the request ---- */

static enum step
export_start(struct request *r)
{
	struct export		*e = r->data;
	struct export_job	*job;

	e->fd = -1;
	/* An archive is too much work for its length alone. */
	if (r->http->method == HTTP_METHOD_HEAD) {
		export_name(r);
		return (reply_head(r, EXPORT_TYPE));
	}
	if ((job = calloc(1, sizeof(*job))) == NULL)
		return (request_fail(r, ERROR_INTERNAL));
	job->fd = -1;
	job->asker = e;
	(void)kore_strlcpy(job->user_id, r->who.user_id,
	    sizeof(job->user_id));
	(void)kore_strlcpy(job->address, r->address, sizeof(job->address));
	(void)session_agent(r, job->agent);
	r->job = job_start(JOB_LONG, export_work, job, export_done, r);
	if (r->job == NULL) {
		free(job);
		return (request_fail(r, ERROR_BUSY));
	}
	e->job = job;

	return (request_wait(r, EXPORT_SEND));
}

static enum step
export_send(struct request *r)
{
	struct export	*e = r->data;
	int		 fd = e->fd;

	if (e->error != ERROR_NONE)
		return (request_fail(r, e->error));
	export_name(r);
	e->fd = -1;

	return (reply_file(r, EXPORT_TYPE, fd, e->len));
}

static void
export_name(struct request *r)
{
	time_t		now = time(NULL);
	struct tm	tm;
	char		name[64];

	gmtime_r(&now, &tm);
	(void)strftime(name, sizeof(name),
	    "attachment; filename=\"lectern-%Y-%m-%d.zip\"", &tm);
	reply_header(r, "content-disposition", name);
	reply_header(r, "cache-control", "no-store");
}

static void
export_free(void *data)
{
	struct export	*e = data;

	if (e->job != NULL)
		atomic_store(&e->job->is_unwanted, 1);
	else if (e->fd != -1)
		(void)close(e->fd);
}

static void
export_done(void *input, void *owner)
{
	struct export_job	*job = input;
	struct request		*r = owner;

	if (r == NULL) {
		if (job->fd != -1)
			(void)close(job->fd);
	} else {
		job->asker->job = NULL;
		job->asker->fd = job->fd;
		job->asker->len = job->len;
		job->asker->error = job->error;
		r->job = NULL;
		request_wake(r);
	}
	free(job);
}

/* ---- the job ---- */

static void
export_work(void *input)
{
	struct export_job	*job = input;
	off_t			 end;

	if (dbsync_open(&job->db, export_conninfo) == -1 ||
	    dbsync_begin(&job->db) == -1 ||
	    dbsync_script(&job->db, "set transaction isolation level"
	    " repeatable read") == -1)
		job->error = job->db.error;
	else if (export_file(job) == -1)
		job->error = ERROR_INTERNAL;
	else if (export_write(job) == 0 && dbsync_commit(&job->db) == -1)
		job->error = job->db.error;
	dbsync_close(&job->db);

	if (job->error == ERROR_NONE &&
	    (end = lseek(job->fd, 0, SEEK_END)) > 0)
		job->len = (size_t)end;
	else if (job->error == ERROR_NONE)
		job->error = ERROR_INTERNAL;
	if (job->error == ERROR_INTERNAL && !atomic_load(&job->is_unwanted))
		log_event(LOG_LEVEL_ERROR, "export: cannot be written");
}

/* A file that nobody else can open, and that goes with its descriptor. */
static int
export_file(struct export_job *job)
{
	char	path[] = P_tmpdir "/lectern-export.XXXXXX";

	if ((job->fd = mkstemp(path)) == -1)
		return (-1);
	(void)unlink(path);

	return (0);
}

static int
export_write(struct export_job *job)
{
	int	ret;

	if ((job->bundle = bundle_open(job->fd)) == NULL) {
		job->error = ERROR_INTERNAL;
		return (-1);
	}
	ret = export_account(job);
	if (ret == 0)
		ret = export_documents(job);
	if (ret == 0)
		ret = export_conversations(job);
	if (bundle_close(job->bundle) == -1 && ret == 0)
		ret = export_trouble(job);

	return (ret);
}

static int
export_account(struct export_job *job)
{
	const struct db_param	params[] = {
		DB_TEXT(job->user_id), DB_TEXT(job->address),
		DB_TEXT(job->agent)
	};

	if (dbsync_run(&job->db, STATEMENT_EXPORT_ACCOUNT, params, 3) == -1)
		return (export_trouble(job));
	/* Deleted since it was asked for. */
	if (dbsync_rows(&job->db) != 1) {
		job->error = ERROR_UNAUTHORIZED;
		return (-1);
	}

	return (export_text(job, "account.json",
	    dbsync_text(&job->db, 0, 0), (int64_t)time(NULL)));
}

static int
export_conversations(struct export_job *job)
{
	struct db_param	params[] = { DB_TEXT(job->user_id), DB_NULL };
	char		id[37], path[EXPORT_PATH_MAX];

	for (;;) {
		if (dbsync_run(&job->db, STATEMENT_EXPORT_CONVERSATION,
		    params, 2) == -1)
			return (export_trouble(job));
		if (dbsync_rows(&job->db) == 0)
			return (0);
		(void)snprintf(id, sizeof(id), "%s",
		    dbsync_text(&job->db, 0, COLUMN_ID));
		params[1] = DB_TEXT(id);
		export_path(path, "conversations",
		    dbsync_text(&job->db, 0, COLUMN_NAME), id, ".json");
		if (export_text(job, path,
		    dbsync_text(&job->db, 0, COLUMN_JSON),
		    dbsync_int(&job->db, 0, COLUMN_SECONDS)) == -1)
			return (-1);
	}
}

static int
export_documents(struct export_job *job)
{
	struct db_param	 params[] = { DB_TEXT(job->user_id), DB_NULL };
	struct dbsync	*db = &job->db;
	char		 id[37], path[EXPORT_PATH_MAX];
	const char	*ending;
	size_t		 size;

	for (;;) {
		if (dbsync_run(db, STATEMENT_EXPORT_DOCUMENT, params, 2) == -1)
			return (export_trouble(job));
		if (dbsync_rows(db) == 0)
			return (0);
		(void)snprintf(id, sizeof(id), "%s",
		    dbsync_text(db, 0, COLUMN_ID));
		params[1] = DB_TEXT(id);
		if (dbsync_is_null(db, 0, COLUMN_SIZE))
			continue;
		size = (size_t)dbsync_int(db, 0, COLUMN_SIZE);
		ending = !dbsync_bool(db, 0, COLUMN_IS_TITLE) ? NULL :
		    strcmp(dbsync_text(db, 0, COLUMN_MEDIA_TYPE),
		    "text/markdown") == 0 ? ".md" : ".txt";
		export_path(path, "documents",
		    dbsync_text(db, 0, COLUMN_NAME), id, ending);
		if (bundle_entry(job->bundle, path, size,
		    dbsync_int(db, 0, COLUMN_SECONDS)) == -1)
			return (export_trouble(job));
		if (export_document(job, id, size) == -1)
			return (-1);
	}
}

static int
export_document(struct export_job *job, const char *id, size_t size)
{
	size_t		 at, len;
	u_int8_t	*bytes;
	int		 ret;

	for (at = 0; at < size; at += len) {
		const struct db_param	params[] = {
			DB_TEXT(id), DB_TEXT(job->user_id),
			DB_INT((int64_t)at + 1), DB_INT(EXPORT_SLICE)
		};

		if (atomic_load(&job->is_unwanted) ||
		    dbsync_run(&job->db, STATEMENT_EXPORT_BYTES, params,
		    4) == -1 || dbsync_rows(&job->db) != 1 ||
		    (bytes = dbsync_bytes(&job->db, 0, 0, &len)) == NULL)
			return (export_trouble(job));
		ret = len == 0 ? -1 : bundle_write(job->bundle, bytes, len);
		PQfreemem(bytes);
		if (ret == -1)
			return (export_trouble(job));
	}

	return (0);
}

static int
export_text(struct export_job *job, const char *path, const char *text,
    int64_t seconds)
{
	if (atomic_load(&job->is_unwanted) ||
	    bundle_entry(job->bundle, path, strlen(text), seconds) == -1 ||
	    bundle_write(job->bundle, text, strlen(text)) == -1)
		return (export_trouble(job));

	return (0);
}

/* The database's error if there was one, else it is the disk's. */
static int
export_trouble(struct export_job *job)
{
	job->error = job->db.error != ERROR_NONE ? job->db.error :
	    ERROR_INTERNAL;

	return (-1);
}

/*
 * folder/name, where the name is fit for any file system. With an ending, or
 * when the name had to be changed, the id's first letters keep it apart from
 * others.
 */
static void
export_path(char path[EXPORT_PATH_MAX], const char *folder, const char *name,
    const char *id, const char *ending)
{
	char	clean[EXPORT_NAME_MAX + 1];
	size_t	len, dot;
	int	is_changed;

	is_changed = filename_clean(clean, sizeof(clean), name) ||
	    ending != NULL;
	len = strlen(clean);
	if (!is_changed && len > 0) {
		(void)snprintf(path, EXPORT_PATH_MAX, "%s/%s", folder, clean);
		return;
	}
	/* Without an ending of ours the name's own one stays the last. */
	for (dot = len; ending == NULL && dot > 1 && clean[dot - 1] != '.'; )
		dot--;
	if (ending != NULL || dot <= 1)
		dot = len + 1;
	(void)snprintf(path, EXPORT_PATH_MAX, "%s/%.*s (%.8s)%s%s", folder,
	    (int)(dot - 1), clean, id, ending == NULL ? "" : ending,
	    clean + dot - 1);
}
