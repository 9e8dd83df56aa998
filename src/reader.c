/*
 * Reading documents:
 *
 *	claim	   in a transaction of its own, so that a document that ends
 *		   its reader is counted, and given up after three times; many
 *		   small ones of one owner at once
 *	open	   their bytes, under a lock that ends with this connection
 *	extract	   bytes to UTF-8 text (extractor.c)
 *	begin	   old chunks out, new texts in
 *	add	   chunks and their postings
 *	finish	   ready, if the claim still stands
 *	merge	   in a transaction of its own: segments of the scope
 *
 * From open to finish it is one transaction: killed at any point, each
 * document is complete or waits, never half searchable, and what was there
 * before stays searchable until then. A document that cannot be read is
 * failed with a reason; the others are not affected. When the claim of one
 * of many was lost meanwhile, all of them are read again, one by one. A
 * deleted document is taken out of the index, and purged when its day is
 * over.
 */
#include <sys/types.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "extractor.h"
#include "indexwriter.h"
#include "log.h"
#include "merge.h"
#include "reader.h"

#define READER_MANY		4096		/* documents in a claim */
#define READER_MANY_BYTES	(4 * 1024 * 1024)	/* of them together */
#define READER_ID_SIZE		40
#define READER_RELEASES		20	/* attempts, */
#define READER_RELEASE_MS	25	/* so far apart */

#define READER_TROUBLE							\
	"Reading this document failed three times for a reason inside "	\
	"the program; upload it again, or tell the operator."

/* Columns of index_open.sql. */
enum {
	COLUMN_IS_MINE, COLUMN_DOCUMENT, COLUMN_IS_DELETED, COLUMN_MEDIA_TYPE,
	COLUMN_TITLE, COLUMN_SCOPE, COLUMN_IS_KEPT, COLUMN_BYTES
};

struct reader_document {
	u_int8_t		*bytes;		/* as uploaded; PQfreemem() */
	struct extractor_text	 extracted;
	int			 is_original;	/* text is what was uploaded */
	struct indexwriter_text	 index;		/* borrows from `rows` */
};

struct reader_job {
	struct buffer		 claimed;	/* text[] of their ids */
	char			 lease[READER_ID_SIZE];
	int			 is_many;
	PGresult		*rows;		/* of index_open.sql */
	int32_t			 scope;
	struct reader_document	*documents;	/* those with a text */
	size_t			 documents_len;
};

static int	reader_work(struct dbsync *, struct reader_job *);
static int	reader_open(struct dbsync *, struct reader_job *);
static void	reader_release(struct dbsync *, const struct reader_job *);
static int	reader_take(struct dbsync *, struct reader_job *, int);
static int	reader_extract(const PGresult *, int, struct reader_document *,
		    const char **);
static int	reader_store(struct dbsync *, struct reader_job *);
static int	reader_texts(struct dbsync *, struct reader_job *,
		    const char *);
static int	reader_index(struct dbsync *, struct reader_job *);
static int	reader_finish(struct dbsync *, struct reader_job *,
		    const char *);
static int	reader_say(struct dbsync *, const struct reader_job *,
		    enum statement, int, const char *);
static void	reader_item(struct buffer *, const char *, size_t);
static void	reader_free(struct reader_job *);

int
reader_step(struct dbsync *db, int64_t *wait_ms)
{
	struct reader_job	job;
	struct db_param		params[3];
	int			ret;

	*wait_ms = -1;
	params[0] = DB_INT(READER_MANY);
	params[1] = DB_INT(READER_MANY_BYTES);
	if (dbsync_run(db, STATEMENT_INDEX_CLAIM, params, 2) == -1)
		return (-1);
	if (dbsync_is_null(db, 0, 0)) {
		if (!dbsync_is_null(db, 0, 2))
			*wait_ms = dbsync_int(db, 0, 2);
		return (0);
	}

	memset(&job, 0, sizeof(job));
	/* Ids are letters and digits. */
	buffer_add_text(&job.claimed, "{");
	buffer_add_text(&job.claimed, dbsync_text(db, 0, 0));
	buffer_add_text(&job.claimed, "}");
	job.is_many = strchr(dbsync_text(db, 0, 0), ',') != NULL;
	(void)snprintf(job.lease, sizeof(job.lease), "%s",
	    dbsync_text(db, 0, 1));
	if ((ret = reader_work(db, &job)) == 0) {
		if (job.is_many)
			reader_release(db, &job);
		/* A failed merge is for the next one to make up for. */
		while (job.scope != 0 && merge_step(db, job.scope) == 1)
			;
		ret = 1;
	} else {
		log_event(LOG_LEVEL_WARN, "reader: reading failed (%s)",
		    db->sqlstate[0] == '\0' ? "connection" : db->sqlstate);
		dbsync_rollback(db);
		params[0] = DB_TEXT(buffer_text(&job.claimed));
		params[1] = DB_TEXT(job.lease);
		params[2] = DB_TEXT(READER_TROUBLE);
		ret = dbsync_run(db, STATEMENT_INDEX_RETRY, params, 3) == -1 ?
		    -1 : 1;
	}
	reader_free(&job);

	return (ret);
}

/* One claim in one transaction. 0, or -1 with the transaction left open. */
static int
reader_work(struct dbsync *db, struct reader_job *job)
{
	int	i, count;

	if (job->claimed.has_failed || dbsync_begin(db) == -1)
		return (-1);
	switch (reader_open(db, job)) {
	case -1:
		return (-1);
	case 0:
		/* Another has them, they were replaced, or are given back. */
		return (dbsync_commit(db));
	}
	count = PQntuples(job->rows);
	job->documents = calloc((size_t)count, sizeof(*job->documents));
	if (job->documents == NULL)
		return (-1);
	for (i = 0; i < count; i++)
		if (reader_take(db, job, i) == -1)
			return (-1);
	if (job->documents_len > 0)
		return (reader_store(db, job));

	return (dbsync_commit(db));
}

/* 1: the input is here; 0: nothing of the claim is ours; -1: failed. */
static int
reader_open(struct dbsync *db, struct reader_job *job)
{
	struct db_param	params[] = {
		DB_TEXT(buffer_text(&job->claimed)), DB_TEXT(job->lease),
		DB_NULL
	};
	struct buffer	held = { 0 };
	int		i, ret = 0;

	/*
	 * Many short ones: their uploaders wait, so that no claim is lost.
	 * What another has locked at this moment, be it only to see that it
	 * is not due any more, is given back.
	 */
	if (job->is_many) {
		if (dbsync_run(db, STATEMENT_INDEX_HOLD, params, 1) == -1)
			return (-1);
		for (i = 0; i < dbsync_rows(db); i++)
			reader_item(&held, dbsync_text(db, i, 0), (size_t)i);
		reader_item(&held, NULL, (size_t)i);
		params[2] = DB_TEXT(buffer_text(&held));
		ret = dbsync_run(db, STATEMENT_INDEX_RELEASE, params, 3);
		params[0] = params[2];
	}
	if (ret == 0)
		ret = dbsync_run(db, STATEMENT_INDEX_OPEN, params, 2);
	buffer_free(&held);
	if (ret == -1)
		return (-1);
	if (dbsync_rows(db) == 0 || !dbsync_bool(db, 0, COLUMN_IS_MINE))
		return (0);
	job->scope = (int32_t)dbsync_int(db, 0, COLUMN_SCOPE);
	job->rows = db->result;
	db->result = NULL;

	return (1);
}

/*
 * Gives back what is left of a claim: another reader that was looking at it
 * let it be neither held nor given back. Else it would wait until the claim
 * runs out.
 */
static void
reader_release(struct dbsync *db, const struct reader_job *job)
{
	const struct db_param	params[] = {
		DB_TEXT(buffer_text(&job->claimed)), DB_TEXT(job->lease),
		DB_TEXT("{}")
	};
	int			i;

	for (i = 0; i < READER_RELEASES; i++) {
		if (dbsync_run(db, STATEMENT_INDEX_RELEASE, params, 3) == -1 ||
		    dbsync_int(db, 0, 0) == 0)
			return;
		(void)poll(NULL, 0, READER_RELEASE_MS);
	}
}

/* One row: a document to store, or one that is done with here. */
static int
reader_take(struct dbsync *db, struct reader_job *job, int row)
{
	struct reader_document	*document;
	const char		*reason;

	if (PQgetvalue(job->rows, row, COLUMN_IS_DELETED)[0] == 't')
		return (reader_say(db, job, STATEMENT_INDEX_CLEAN, row, NULL));
	document = &job->documents[job->documents_len];
	if (reader_extract(job->rows, row, document, &reason) == -1)
		return (-1);
	job->documents_len++;
	if (reason == NULL)
		return (0);
	extractor_free(&document->extracted);
	PQfreemem(document->bytes);
	memset(document, 0, sizeof(*document));
	job->documents_len--;

	return (reader_say(db, job, STATEMENT_INDEX_FAIL, row, reason));
}

/*
 * Bytes to text. 0, with *reason set for a document that cannot be read, else
 * NULL; -1: for a reason that is ours.
 */
static int
reader_extract(const PGresult *rows, int row, struct reader_document *document,
    const char **reason)
{
	struct indexwriter_text	*index = &document->index;
	struct extractor_text	*extracted = &document->extracted;
	size_t			 len;

	document->bytes = PQunescapeBytea((const unsigned char *)
	    PQgetvalue(rows, row, COLUMN_BYTES), &len);
	if (document->bytes == NULL)
		return (-1);
	*reason = NULL;
	switch (extractor_read(document->bytes, len, PQgetvalue(rows, row,
	    COLUMN_MEDIA_TYPE), extracted)) {
	case EXTRACTOR_READ:
		break;
	case EXTRACTOR_REFUSED:
		*reason = extracted->reason;
		return (0);
	case EXTRACTOR_TROUBLE:
		PQfreemem(document->bytes);
		document->bytes = NULL;
		return (-1);
	}
	document->is_original = extracted->len == len && !extracted->is_owned;
	index->document = PQgetvalue(rows, row, COLUMN_DOCUMENT);
	index->title = PQgetvalue(rows, row, COLUMN_TITLE);
	index->text = extracted->text;
	index->len = extracted->len;
	index->syntax = extracted->syntax;
	index->pages = extracted->pages;
	index->pages_len = extracted->pages_len;

	return (0);
}

static int
reader_store(struct dbsync *db, struct reader_job *job)
{
	struct buffer	ids = { 0 };
	struct db_param	params[1];
	size_t		i;
	int		ret = -1;

	for (i = 0; i < job->documents_len; i++)
		reader_item(&ids, job->documents[i].index.document, i);
	reader_item(&ids, NULL, i);
	params[0] = DB_TEXT(buffer_text(&ids));
	if (!ids.has_failed &&
	    dbsync_run(db, STATEMENT_INDEX_BEGIN, params, 1) == 0 &&
	    reader_texts(db, job, buffer_text(&ids)) == 0 &&
	    reader_index(db, job) == 0)
		ret = reader_finish(db, job, buffer_text(&ids));
	buffer_free(&ids);

	return (ret);
}

/* What was uploaded is copied inside the database; another text is sent. */
static int
reader_texts(struct dbsync *db, struct reader_job *job, const char *ids)
{
	const struct reader_document	*document;
	struct db_param			 params[3];
	size_t				 i;

	params[0] = DB_TEXT(ids);
	params[1] = params[2] = DB_NULL;
	if (dbsync_run(db, STATEMENT_INDEX_TEXT, params, 3) == -1)
		return (-1);
	for (i = 0; i < job->documents_len; i++) {
		document = &job->documents[i];
		if (document->is_original)
			continue;
		params[0] = DB_TEXT("{}");
		params[1] = DB_TEXT(document->index.document);
		params[2] = DB_BYTES(document->extracted.text,
		    document->extracted.len);
		if (dbsync_run(db, STATEMENT_INDEX_TEXT, params, 3) == -1)
			return (-1);
	}

	return (0);
}

/* Cuts the texts and sends what was cut. */
static int
reader_index(struct dbsync *db, struct reader_job *job)
{
	struct indexwriter	 writer;
	struct indexwriter_text	*index;
	struct db_param		 params[1];
	int64_t			 count = 0;
	int32_t			 first;
	size_t			 i;
	int			 ret = 0;

	for (i = 0; i < job->documents_len; i++) {
		index = &job->documents[i].index;
		index->count = indexwriter_chunks(index);
		count += index->count;
	}
	params[0] = DB_INT(count);
	if (dbsync_run(db, STATEMENT_INDEX_RESERVE, params, 1) == -1)
		return (-1);
	first = (int32_t)dbsync_int(db, 0, 0);

	indexwriter_open(&writer, db, job->scope);
	for (i = 0; i < job->documents_len && ret == 0; i++) {
		index = &job->documents[i].index;
		index->first = first;
		first += index->count;
		ret = indexwriter_add(&writer, index);
	}
	if (ret == 0)
		ret = indexwriter_flush(&writer);
	indexwriter_close(&writer);

	return (ret);
}

static int
reader_finish(struct dbsync *db, struct reader_job *job, const char *ids)
{
	struct buffer	originals = { 0 };
	struct db_param	params[3];
	size_t		i;
	int		ret;

	for (i = 0; i < job->documents_len; i++)
		reader_item(&originals, job->documents[i].is_original ? "t" :
		    "f", i);
	reader_item(&originals, NULL, i);
	params[0] = DB_TEXT(ids);
	params[1] = DB_TEXT(job->lease);
	params[2] = DB_TEXT(buffer_text(&originals));
	ret = dbsync_run(db, STATEMENT_INDEX_FINISH, params, 3);
	buffer_free(&originals);
	if (ret == -1)
		return (-1);
	if (dbsync_bool(db, 0, 0))
		return (dbsync_commit(db));
	/* What was lost is another's now; the rest comes again by itself. */
	dbsync_rollback(db);

	return (0);
}

/* A statement about one document: it is deleted, or cannot be read. */
static int
reader_say(struct dbsync *db, const struct reader_job *job,
    enum statement statement, int row, const char *last)
{
	struct db_param	params[] = {
		DB_TEXT(PQgetvalue(job->rows, row, COLUMN_DOCUMENT)),
		DB_TEXT(job->lease), DB_TEXT(last)
	};

	return (dbsync_run(db, statement, params, last == NULL ? 2 : 3));
}

/* The next item of an array; NULL: its end. Nothing in it needs quotes. */
static void
reader_item(struct buffer *buffer, const char *item, size_t n)
{
	if (item == NULL) {
		buffer_add_text(buffer, n == 0 ? "{}" : "}");
		return;
	}
	buffer_add_text(buffer, n == 0 ? "{" : ",");
	buffer_add_text(buffer, item);
}

static void
reader_free(struct reader_job *job)
{
	size_t	i;

	for (i = 0; i < job->documents_len; i++) {
		extractor_free(&job->documents[i].extracted);
		PQfreemem(job->documents[i].bytes);
	}
	free(job->documents);
	PQclear(job->rows);
	buffer_free(&job->claimed);
}
