/*
 * Reading a document:
 *
 *	claim	   in a transaction of its own, so that a document that ends
 *		   its reader is counted, and given up after three times
 *	open	   the bytes, under a lock that ends with this connection
 *	extract	   bytes to UTF-8 text
 *	begin	   old chunks out, new text in; locks the owner's scope
 *	add	   chunks, a batch at a time
 *	finish	   ready, if the claim still stands
 *
 * From open to finish it is one transaction: killed at any point, the
 * document is complete or waits, never half searchable, and what was there
 * before stays searchable until then. A document that cannot be read is
 * failed with a reason; the next one is not affected. A deleted document is
 * taken out of the index, and purged when its day is over.
 */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "chunker.h"
#include "intake.h"
#include "log.h"
#include "reader.h"

/*
 * Chunks sent at once: many, since each batch updates the row of every word
 * in it, and a transaction drags all versions of a row along.
 */
#define READER_BATCH		8192
#define READER_TOKEN_BYTES	4	/* bytes of text a token, about */
#define READER_CHUNKS_MAX	1000000

#define READER_EMPTY	"The document holds no text."
#define READER_TROUBLE							\
	"Reading this document failed three times for a reason inside "	\
	"the program; upload it again, or tell the operator."

struct reader_job {
	char		 document[40];
	char		 lease[40];
	char		 media_type[80];
	u_int8_t	*bytes;		/* as uploaded; PQfreemem() */
	size_t		 bytes_len;
	char		*text;		/* inside bytes, or owned */
	size_t		 text_len;
	int		 is_owned;	/* text is to be freed */
};

/* Arrays for index_add.sql, one entry a chunk. */
struct reader_batch {
	struct buffer	starts, ends, headings, tokens;
	size_t		first, count;
};

static int	reader_work(struct dbsync *, struct reader_job *);
static int	reader_open(struct dbsync *, struct reader_job *, int *);
static int	reader_store(struct dbsync *, struct reader_job *);
static int	reader_chunks(struct dbsync *, const struct reader_job *,
		    const char *);
static int	reader_flush(struct dbsync *, const struct reader_job *,
		    const char *, struct reader_batch *);
static int	reader_end(struct dbsync *, const struct reader_job *,
		    enum statement, const char *);
static void	reader_batch_add(struct reader_batch *, const struct chunk *);
static void	reader_batch_free(struct reader_batch *);
static void	reader_number(struct buffer *, size_t);
static void	reader_quote(struct buffer *, const char *);

int
reader_step(struct dbsync *db, int64_t *wait_ms)
{
	struct reader_job	job;
	struct db_param		params[3];
	int			ret;

	*wait_ms = -1;
	if (dbsync_run(db, STATEMENT_INDEX_CLAIM, NULL, 0) == -1)
		return (-1);
	if (dbsync_is_null(db, 0, 0)) {
		if (!dbsync_is_null(db, 0, 2))
			*wait_ms = dbsync_int(db, 0, 2);
		return (0);
	}

	memset(&job, 0, sizeof(job));
	(void)snprintf(job.document, sizeof(job.document), "%s",
	    dbsync_text(db, 0, 0));
	(void)snprintf(job.lease, sizeof(job.lease), "%s",
	    dbsync_text(db, 0, 1));
	ret = reader_work(db, &job);
	if (job.is_owned)
		free(job.text);
	PQfreemem(job.bytes);
	if (ret == 0)
		return (1);

	log_event(LOG_LEVEL_WARN, "reader: document %s failed (%s)",
	    job.document, db->sqlstate[0] == '\0' ? "connection" :
	    db->sqlstate);
	dbsync_rollback(db);
	params[0] = DB_TEXT(job.document);
	params[1] = DB_TEXT(job.lease);
	params[2] = DB_TEXT(READER_TROUBLE);
	if (dbsync_run(db, STATEMENT_INDEX_RETRY, params, 3) == -1)
		return (-1);

	return (1);
}

/* One job in one transaction. 0, or -1 with the transaction left open. */
static int
reader_work(struct dbsync *db, struct reader_job *job)
{
	enum error_id	error;
	int		is_deleted;

	if (dbsync_begin(db) == -1)
		return (-1);
	switch (reader_open(db, job, &is_deleted)) {
	case -1:
		return (-1);
	case 0:
		/* Another reader has it, or it was replaced meanwhile. */
		dbsync_rollback(db);
		return (0);
	}
	if (is_deleted)
		return (reader_end(db, job, STATEMENT_INDEX_CLEAN, NULL));

	error = intake_text(job->bytes, job->bytes_len, &job->text,
	    &job->text_len, &job->is_owned);
	if (error == ERROR_DOCUMENT_EMPTY) {
		job->is_owned = 0;
		return (reader_end(db, job, STATEMENT_INDEX_FAIL,
		    READER_EMPTY));
	}
	if (error != ERROR_NONE)
		return (-1);

	return (reader_store(db, job));
}

/* 1: the job's input is here; 0: the job is not ours; -1: failed. */
static int
reader_open(struct dbsync *db, struct reader_job *job, int *is_deleted)
{
	struct db_param	params[] = {
		DB_TEXT(job->document), DB_TEXT(job->lease)
	};

	if (dbsync_run(db, STATEMENT_INDEX_OPEN, params, 2) == -1)
		return (-1);
	if (dbsync_rows(db) == 0 || !dbsync_bool(db, 0, 0))
		return (0);
	*is_deleted = dbsync_bool(db, 0, 1);
	if (*is_deleted)
		return (1);
	(void)snprintf(job->media_type, sizeof(job->media_type), "%s",
	    dbsync_text(db, 0, 2));
	job->bytes = dbsync_bytes(db, 0, 3, &job->bytes_len);

	return (job->bytes == NULL ? -1 : 1);
}

static int
reader_store(struct dbsync *db, struct reader_job *job)
{
	struct db_param	params[3];
	char		scope[24];
	int		is_original;

	is_original = job->text_len == job->bytes_len && !job->is_owned;
	params[0] = DB_TEXT(job->document);
	params[1] = is_original ? DB_NULL :
	    DB_BYTES(job->text, job->text_len);
	if (dbsync_run(db, STATEMENT_INDEX_BEGIN, params, 2) == -1)
		return (-1);
	(void)snprintf(scope, sizeof(scope), "%s", dbsync_text(db, 0, 0));

	if (reader_chunks(db, job, scope) == -1)
		return (-1);

	return (reader_end(db, job, STATEMENT_INDEX_FINISH,
	    is_original ? "t" : "f"));
}

/* Cuts the text and sends what was cut. */
static int
reader_chunks(struct dbsync *db, const struct reader_job *job,
    const char *scope)
{
	struct chunker_options	 options;
	struct chunker		 chunker;
	struct chunk		 chunk;
	struct reader_batch	 batch;
	int			 ret = 0;

	memset(&options, 0, sizeof(options));
	if (strcmp(job->media_type, INTAKE_PLAIN) == 0)
		options.syntax = MARKDOWN_PLAIN;
	else
		options.syntax = MARKDOWN_FULL;
	chunker = chunker_open(job->text, job->text_len, &options);

	memset(&batch, 0, sizeof(batch));
	while (ret == 0 && batch.first + batch.count < READER_CHUNKS_MAX &&
	    chunker_next(&chunker, &chunk)) {
		reader_batch_add(&batch, &chunk);
		if (batch.count == READER_BATCH)
			ret = reader_flush(db, job, scope, &batch);
	}
	if (ret == 0 && batch.count > 0)
		ret = reader_flush(db, job, scope, &batch);
	reader_batch_free(&batch);

	return (ret);
}

static int
reader_flush(struct dbsync *db, const struct reader_job *job,
    const char *scope, struct reader_batch *batch)
{
	struct buffer	*arrays[] = {
		&batch->starts, &batch->ends, &batch->headings, &batch->tokens
	};
	struct db_param	 params[7];
	size_t		 i;

	params[0] = DB_TEXT(job->document);
	params[1] = DB_TEXT(scope);
	params[2] = DB_INT((int64_t)batch->first);
	for (i = 0; i < 4; i++) {
		buffer_add_text(arrays[i], "}");
		if (arrays[i]->has_failed) {
			db->error = ERROR_INTERNAL;
			return (-1);
		}
		params[3 + i] = DB_TEXT(buffer_text(arrays[i]));
	}
	if (dbsync_run(db, STATEMENT_INDEX_ADD, params, 7) == -1)
		return (-1);

	for (i = 0; i < 4; i++)
		buffer_clear(arrays[i]);
	batch->first += batch->count;
	batch->count = 0;

	return (0);
}

/*
 * The transaction's last statement and its end. Its first column says
 * whether the claim still stood; if not, nothing of this was.
 */
static int
reader_end(struct dbsync *db, const struct reader_job *job,
    enum statement statement, const char *last)
{
	struct db_param	params[] = {
		DB_TEXT(job->document), DB_TEXT(job->lease), DB_TEXT(last)
	};

	if (dbsync_run(db, statement, params, last == NULL ? 2 : 3) == -1)
		return (-1);
	if (last != NULL && !dbsync_bool(db, 0, 0)) {
		dbsync_rollback(db);
		return (0);
	}

	return (dbsync_commit(db));
}

static void
reader_batch_add(struct reader_batch *batch, const struct chunk *chunk)
{
	const char	*open = batch->count == 0 ? "{" : ",";

	buffer_add_text(&batch->starts, open);
	reader_number(&batch->starts, chunk->start);
	buffer_add_text(&batch->ends, open);
	reader_number(&batch->ends, chunk->end);
	buffer_add_text(&batch->headings, open);
	reader_quote(&batch->headings, chunk->heading);
	buffer_add_text(&batch->tokens, open);
	reader_number(&batch->tokens, (chunk->end - chunk->start +
	    READER_TOKEN_BYTES - 1) / READER_TOKEN_BYTES);
	batch->count++;
}

static void
reader_batch_free(struct reader_batch *batch)
{
	buffer_free(&batch->starts);
	buffer_free(&batch->ends);
	buffer_free(&batch->headings);
	buffer_free(&batch->tokens);
}

static void
reader_number(struct buffer *buffer, size_t number)
{
	char	digits[24];

	(void)snprintf(digits, sizeof(digits), "%zu", number);
	buffer_add_text(buffer, digits);
}

/* An element of a text array. */
static void
reader_quote(struct buffer *buffer, const char *text)
{
	buffer_add_text(buffer, "\"");
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buffer_add(buffer, "\\", 1);
		buffer_add(buffer, text, 1);
	}
	buffer_add_text(buffer, "\"");
}
