/*
 * Giving passages their vectors:
 *
 *	open	the extension and the model's row, once
 *	claim	some documents, under a lease
 *	missing	their texts without vectors, some hundred
 *	embed	a batch of them, at the end point
 *	store	its vectors
 *	done	nothing missing: the claim ends
 *	forget	nothing to claim: vectors of texts that are gone
 *	settle	the model is complete, its index is made
 *
 * Each batch is stored as it comes, so that a killed run has lost one batch.
 * While the end point fails the documents wait: as long as it asked for
 * (Retry-After), else twice as long each time. What it refuses is halved
 * until one text is left, which gets no vector, provided that another text is
 * taken: then the text is at fault, not the address or the model's name.
 */
#include <sys/types.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "config.h"
#include "embed.h"
#include "encoder.h"

#define ENCODER_DOCUMENTS	64	/* of one claim */
#define ENCODER_BATCHES		16	/* of one look for what is missing */
#define ENCODER_FORGET		10000
#define ENCODER_WAIT_MIN_MS	1000
#define ENCODER_WAIT_MAX_MS	300000
#define ENCODER_ASKED_MAX_S	3600

/* Columns of vector_missing.sql. */
enum { MISSING_SCOPE, MISSING_DIGEST, MISSING_CONTENT };

static int	encoder_open(struct encoder *, struct dbsync *);
static int	encoder_forget(struct dbsync *);
static int	encoder_work(struct encoder *, struct dbsync *, const char *);
static int	encoder_batches(struct encoder *, struct dbsync *,
		    const char *, PGresult *);
static int	encoder_batch(struct encoder *, struct dbsync *, const char *,
		    PGresult *, int, size_t);
static enum embed_outcome encoder_embed(struct encoder *, PGresult *, int,
		    size_t, struct embedwire_vectors *, long *);
static char	*encoder_text(const char *);
static int	encoder_is_reachable(struct encoder *);
static void	encoder_baseline(struct encoder *, struct dbsync *);
static double	encoder_cosine(const float *, const float *, size_t);
static int	encoder_store(struct encoder *, struct dbsync *, const char *,
		    PGresult *, int, size_t,
		    const struct embedwire_vectors *);
static int	encoder_release(struct encoder *, struct dbsync *,
		    const char *, long);
static int	encoder_settle(struct encoder *, struct dbsync *);
static void	encoder_vector(struct buffer *, const float *, size_t);

int
encoder_step(struct encoder *encoder, struct dbsync *db, int64_t *wait_ms)
{
	struct db_param	params[2];
	char		lease[40];
	int		ret;

	*wait_ms = -1;
	if (!encoder->is_open && (ret = encoder_open(encoder, db)) != 0)
		return (ret);
	/* Without an end point vectors of what is deleted must still go. */
	if (encoder->state != ENCODER_ON)
		return (encoder_forget(db));

	params[0] = DB_TEXT(encoder->model);
	params[1] = DB_INT(ENCODER_DOCUMENTS);
	if (dbsync_run(db, STATEMENT_VECTOR_CLAIM, params, 2) == -1)
		return (-1);
	if (dbsync_is_null(db, 0, 0)) {
		if (!dbsync_is_null(db, 0, 1))
			*wait_ms = dbsync_int(db, 0, 1);
		/*
		 * Only now: a document that was read again says by its claim
		 * which of its former texts it still has.
		 */
		if ((ret = encoder_forget(db)) != 0)
			return (ret);
		return (encoder_settle(encoder, db));
	}
	(void)snprintf(lease, sizeof(lease), "%s", dbsync_text(db, 0, 0));

	return (encoder_work(encoder, db, lease));
}

static int
encoder_open(struct encoder *encoder, struct dbsync *db)
{
	struct db_param	params[3];
	const char	*outcome;

	encoder->state = ENCODER_OFF;
	if (config.embed_url != NULL) {
		params[0] = DB_TEXT(config.embed_model);
		params[1] = DB_TEXT(config.embed_passage_prefix);
		params[2] = DB_INT(config.embed_dimensions);
		/* The first time, an index over all passages is made. */
		if (dbsync_begin(db) == -1)
			return (-1);
		if (dbsync_run(db, STATEMENT_VECTOR_OPEN, params, 3) == -1) {
			dbsync_rollback(db);
			return (-1);
		}
		outcome = dbsync_text(db, 0, 0);
		encoder->state = strcmp(outcome, "ok") == 0 ? ENCODER_ON :
		    strcmp(outcome, "denied") == 0 ? ENCODER_DENIED :
		    ENCODER_NO_PGVECTOR;
		(void)snprintf(encoder->model, sizeof(encoder->model), "%s",
		    dbsync_text(db, 0, 1));
		encoder->has_baseline = dbsync_bool(db, 0, 2);
		if (dbsync_commit(db) == -1)
			return (-1);
	}
	/* Somebody may enable it while we run: looked for again. */
	encoder->is_open = encoder->state == ENCODER_ON ||
	    encoder->state == ENCODER_OFF;
	encoder->is_changed = encoder->state == ENCODER_ON;

	return (0);
}

/* 1: there may be more. */
static int
encoder_forget(struct dbsync *db)
{
	struct db_param	params[] = { DB_INT(ENCODER_FORGET) };

	if (dbsync_run(db, STATEMENT_VECTOR_FORGET, params, 1) == -1)
		return (-1);

	return (dbsync_int(db, 0, 0) > 0);
}

/* A claim's next texts, or its end. */
static int
encoder_work(struct encoder *encoder, struct dbsync *db, const char *lease)
{
	struct db_param	params[3];
	PGresult	*rows;
	int		 ret, most;

	if (encoder->batch == 0)
		encoder->batch = (size_t)config.embed_batch;
	do {
		most = ENCODER_BATCHES * (int)encoder->batch;
		params[0] = DB_TEXT(encoder->model);
		params[1] = DB_TEXT(lease);
		params[2] = DB_INT(most);
		if (dbsync_run(db, STATEMENT_VECTOR_MISSING, params, 3) == -1)
			return (-1);
		/* Kept while their vectors are stored. */
		rows = db->result;
		db->result = NULL;
		ret = encoder_batches(encoder, db, lease, rows);
		if (ret == 1 && PQntuples(rows) < most)
			ret = 2;
		PQclear(rows);
	} while (ret == 1);
	if (ret != 2)
		return (ret == 0 ? 1 : -1);

	return (dbsync_run(db, STATEMENT_VECTOR_DONE, params, 2) == -1 ? -1 :
	    1);
}

/* 1: all have been dealt with; 0: the claim was given back or lost. */
static int
encoder_batches(struct encoder *encoder, struct dbsync *db, const char *lease,
    PGresult *rows)
{
	size_t	count;
	int	first = 0, ret;

	while (first < PQntuples(rows)) {
		count = (size_t)(PQntuples(rows) - first);
		if (count > encoder->batch)
			count = encoder->batch;
		ret = encoder_batch(encoder, db, lease, rows, first, count);
		if (ret == 2)
			continue;
		if (ret != 1)
			return (ret);
		first += (int)count;
	}

	return (1);
}

/* As encoder_batches(), and 2: try again with less. */
static int
encoder_batch(struct encoder *encoder, struct dbsync *db, const char *lease,
    PGresult *rows, int first, size_t count)
{
	struct embedwire_vectors	 vectors;
	enum embed_outcome		 outcome;
	long				 wait_s;
	int				 ret;

	outcome = encoder_embed(encoder, rows, first, count, &vectors,
	    &wait_s);
	if (outcome == EMBED_REFUSED && count > 1) {
		encoder->batch = count / 2;
		return (2);
	}
	if (outcome == EMBED_REFUSED && !encoder_is_reachable(encoder))
		outcome = EMBED_LATER;
	if (outcome == EMBED_LATER)
		return (encoder_release(encoder, db, lease, wait_s));

	encoder->failures = 0;
	encoder->why[0] = '\0';
	if (!encoder->has_baseline)
		encoder_baseline(encoder, db);
	ret = encoder_store(encoder, db, lease, rows, first, count, &vectors);
	embedwire_free(&vectors);

	return (ret);
}

static enum embed_outcome
encoder_embed(struct encoder *encoder, PGresult *rows, int first,
    size_t count, struct embedwire_vectors *vectors, long *wait_s)
{
	enum embed_outcome	 outcome = EMBED_LATER;
	char			**texts;
	size_t			 i;

	*wait_s = -1;
	if ((texts = calloc(count, sizeof(*texts))) == NULL)
		return (EMBED_LATER);
	for (i = 0; i < count; i++) {
		texts[i] = encoder_text(PQgetvalue(rows, first + (int)i,
		    MISSING_CONTENT));
		if (texts[i] == NULL)
			break;
	}
	if (i == count)
		outcome = embed_passages(config.embed_model,
		    (size_t)config.embed_dimensions,
		    (const char *const *)texts, count, vectors, wait_s,
		    encoder->why, sizeof(encoder->why));
	for (i = 0; i < count; i++)
		free(texts[i]);
	free(texts);

	return (outcome);
}

/* With its prefix; to be freed. */
static char *
encoder_text(const char *content)
{
	char	*text;

	if (asprintf(&text, "%s%s", config.embed_passage_prefix,
	    content) == -1)
		return (NULL);

	return (text);
}

/* 1: it gives a vector for a harmless text. */
static int
encoder_is_reachable(struct encoder *encoder)
{
	static const char *const	texts[] = { "lamp" };
	struct embedwire_vectors	 vectors;
	enum embed_outcome		 outcome;
	long				 wait_s;

	outcome = embed_passages(config.embed_model,
	    (size_t)config.embed_dimensions, texts, 1, &vectors, &wait_s,
	    encoder->why, sizeof(encoder->why));
	embedwire_free(&vectors);

	return (outcome == EMBED_DONE);
}

/*
 * How near unrelated texts are to each other, by this model: some say 0.05,
 * others 0.7 (fusion.h). Texts of our own, so that nobody's are needed. When
 * it fails, the next batch asks again.
 */
static void
encoder_baseline(struct encoder *encoder, struct dbsync *db)
{
	static const char *const	texts[] = {
		"The lamp burns oil, and its wick is trimmed every evening.",
		"Interest on the loan is paid at the end of each quarter.",
		"Photosynthesis turns light into sugar inside the leaf.",
		"The goalkeeper saved a penalty in the last minute.",
		"Install the package and restart the service.",
		"Her grandmother baked bread with rye and caraway.",
		"The court dismissed the appeal for want of evidence.",
		"Glaciers carved this valley during the last ice age."
	};
	const size_t			count = sizeof(texts) /
	    sizeof(texts[0]);
	struct embedwire_vectors	vectors;
	struct db_param			params[2];
	char				why[128], number[32];
	double				sum = 0;
	long				wait_s;
	size_t				i, j;

	if (embed_passages(config.embed_model,
	    (size_t)config.embed_dimensions, texts, count, &vectors, &wait_s,
	    why, sizeof(why)) != EMBED_DONE)
		return;
	for (i = 0; i < count; i++) {
		for (j = 0; j < i; j++)
			sum += encoder_cosine(
			    vectors.values + i * vectors.dimensions,
			    vectors.values + j * vectors.dimensions,
			    vectors.dimensions);
	}
	embedwire_free(&vectors);
	(void)snprintf(number, sizeof(number), "%.6g",
	    sum / (double)(count * (count - 1) / 2));
	params[0] = DB_TEXT(encoder->model);
	params[1] = DB_TEXT(number);
	encoder->has_baseline = dbsync_run(db, STATEMENT_VECTOR_BASELINE,
	    params, 2) == 0;
}

static double
encoder_cosine(const float *a, const float *b, size_t count)
{
	double	dot = 0, a_square = 0, b_square = 0;
	size_t	i;

	for (i = 0; i < count; i++) {
		dot += (double)a[i] * (double)b[i];
		a_square += (double)a[i] * (double)a[i];
		b_square += (double)b[i] * (double)b[i];
	}

	return (dot / sqrt(a_square * b_square));
}

static int
encoder_store(struct encoder *encoder, struct dbsync *db, const char *lease,
    PGresult *rows, int first, size_t count,
    const struct embedwire_vectors *vectors)
{
	struct buffer	scopes, digests, values;
	struct db_param	params[6];
	size_t		i;
	int		ret = -1;

	buffer_init(&scopes);
	buffer_init(&digests);
	buffer_init(&values);
	for (i = 0; i < count; i++) {
		const char	*open = i == 0 ? "{" : ",";

		buffer_add_text(&scopes, open);
		buffer_add_text(&scopes, PQgetvalue(rows, first + (int)i,
		    MISSING_SCOPE));
		buffer_add_text(&digests, open);
		buffer_add_text(&digests, PQgetvalue(rows, first + (int)i,
		    MISSING_DIGEST));
		buffer_add_text(&values, open);
		if (vectors->values == NULL)
			buffer_add_text(&values, "null");
		else
			encoder_vector(&values, vectors->values +
			    i * vectors->dimensions, vectors->dimensions);
	}
	buffer_add_text(&scopes, "}");
	buffer_add_text(&digests, "}");
	buffer_add_text(&values, "}");

	params[0] = DB_TEXT(encoder->model);
	params[1] = DB_TEXT(lease);
	params[2] = DB_INT((int64_t)vectors->dimensions);
	params[3] = DB_TEXT(buffer_text(&scopes));
	params[4] = DB_TEXT(buffer_text(&digests));
	params[5] = DB_TEXT(buffer_text(&values));
	if (!scopes.has_failed && !digests.has_failed && !values.has_failed &&
	    dbsync_run(db, STATEMENT_VECTOR_STORE, params, 6) == 0)
		ret = dbsync_bool(db, 0, 0);
	buffer_free(&scopes);
	buffer_free(&digests);
	buffer_free(&values);
	if (ret == 0) {
		(void)snprintf(encoder->why, sizeof(encoder->why),
		    "vectors of %zu numbers do not fit the model's others",
		    vectors->dimensions);
		return (encoder_release(encoder, db, lease, -1));
	}

	/* The first ones may have made the model one that can be asked. */
	if (ret == 1 && !encoder->has_stored) {
		encoder->has_stored = 1;
		encoder->is_changed = 1;
	}

	return (ret);
}

/* A vector as an element of an array of texts. */
static void
encoder_vector(struct buffer *out, const float *values, size_t count)
{
	char	number[32];
	size_t	i;

	buffer_add_text(out, "\"");
	for (i = 0; i < count; i++) {
		/* halfvec keeps eleven bits of them. */
		(void)snprintf(number, sizeof(number), "%c%.5g",
		    i == 0 ? '[' : ',', (double)values[i]);
		buffer_add_text(out, number);
	}
	buffer_add_text(out, "]\"");
}

/* Gives the claim back for as long as the end point is to be left alone. */
static int
encoder_release(struct encoder *encoder, struct dbsync *db, const char *lease,
    long wait_s)
{
	struct db_param	params[3];
	int64_t		wait_ms = ENCODER_WAIT_MIN_MS;
	unsigned int	i;

	if (wait_s >= 0) {
		if (wait_s > ENCODER_ASKED_MAX_S)
			wait_s = ENCODER_ASKED_MAX_S;
		wait_ms = (int64_t)wait_s * 1000;
	} else {
		for (i = 0; i < encoder->failures &&
		    wait_ms < ENCODER_WAIT_MAX_MS; i++)
			wait_ms *= 2;
	}
	if (wait_ms < ENCODER_WAIT_MIN_MS)
		wait_ms = ENCODER_WAIT_MIN_MS;
	encoder->failures++;
	params[0] = DB_TEXT(encoder->model);
	params[1] = DB_TEXT(lease);
	params[2] = DB_INT(wait_ms);

	return (dbsync_run(db, STATEMENT_VECTOR_RELEASE, params, 3) == -1 ?
	    -1 : 0);
}

static int
encoder_settle(struct encoder *encoder, struct dbsync *db)
{
	struct db_param	params[1];
	int		needs_index;

	params[0] = DB_TEXT(encoder->model);
	if (dbsync_run(db, STATEMENT_VECTOR_SETTLE, params, 1) == -1)
		return (-1);
	encoder->is_changed |= dbsync_bool(db, 0, 0);
	needs_index = dbsync_bool(db, 0, 1);
	if (!needs_index)
		return (0);

	/* A transaction, for its time limit: none. */
	if (dbsync_begin(db) == -1)
		return (-1);
	if (dbsync_run(db, STATEMENT_VECTOR_INDEX, params, 1) == -1) {
		dbsync_rollback(db);
		return (-1);
	}

	return (dbsync_commit(db));
}
