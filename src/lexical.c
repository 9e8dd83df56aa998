/*
 * The lexical search as a row of statements; what they bring is worked on in
 * a job thread when it is much, so that the event loop is not held up.
 *
 *	SCOPE	 size and languages of what may be searched, and what of it is
 *		 dead. The question is analysed.
 *	CHOSEN	 which of it are the documents asked for, if any were
 *	TERMS	 how many chunks hold each term. It is weighed; the terms that
 *		 weigh most are kept.
 *	HEADS	 their short lists and directories, in several rounds when
 *		 they are many; where few segments are, with TERMS at once
 *	BLOCKS	 what the scorer wants, until it is done
 *	PHRASES	 with quotes in the question: passages are looked into, best
 *		 first, until enough hold the phrases
 *
 * Each statement has the access rule. They are not one transaction: what is
 * indexed in between is found in part of the terms at worst; a block that a
 * merge has taken away meanwhile has all begin anew.
 *
 * A work outlives a lexical freed while its job ran: its end frees it.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"
#include "lexical.h"
#include "lexicalrows.h"
#include "phrase.h"
#include "question.h"
#include "scorer.h"

#define LEXICAL_HITS_MIN	50	/* in these the best coverage is */
#define LEXICAL_HEADS_BYTES	(350 * 1024)	/* in one statement */
#define LEXICAL_TOGETHER	200	/* rows of index_terms */
#define LEXICAL_INLINE		(48 * 1024)	/* worked on at once */
#define LEXICAL_TRIES		4	/* when merges come between */
#define LEXICAL_PHRASE_HITS	4096	/* passages that are looked into */
#define LEXICAL_PHRASE_BATCH	64

enum lexical_state {
	LEXICAL_SCOPE, LEXICAL_CHOSEN, LEXICAL_TERMS, LEXICAL_HEADS,
	LEXICAL_BLOCKS, LEXICAL_PHRASES, LEXICAL_DONE, LEXICAL_AGAIN,
	LEXICAL_FAILED
};

/* A term that is scored. */
struct lexical_term {
	size_t	term;		/* of question.terms */
	int	number;		/* the scorer's */
	int64_t	size;		/* bytes of its rows of index_terms */
};

struct lexical_work {
	enum lexical_state	 state;
	struct db_query		 rows;		/* result of the statement */
	struct lexical		*owner;		/* NULL: freed */
	struct job		*job;
	char			*user_id, *documents;
	size_t			 limit;
	int			 tries;
	struct question		 question;
	struct scorer		 scorer;
	double			 chunks;
	struct lexical_term	*terms;		/* owned, the rarest first */
	size_t			 terms_len;
	size_t			 heads_from, heads_to; /* under way */
	int			 is_together;	/* heads come with the terms */
	size_t			 numbers[SCORER_TERMS_MAX];
	size_t			 checked;	/* hits looked into */
	size_t			 kept;		/* hits that hold phrases */
	struct buffer		 arrays[3];	/* parameters */
};

static void	lexical_send(struct lexical_work *);
static void	lexical_landed(struct db_query *, void *);
static void	lexical_job(void *);
static void	lexical_job_done(void *, void *);
static void	lexical_go_on(struct lexical_work *);
static void	lexical_end(struct lexical_work *, enum error_id);
static void	lexical_release(struct lexical_work *);
static void	lexical_scope(struct lexical_work *);
static void	lexical_chosen(struct lexical_work *);
static void	lexical_terms(struct lexical_work *);
static void	lexical_heads(struct lexical_work *);
static void	lexical_blocks(struct lexical_work *);
static void	lexical_phrases(struct lexical_work *);

void
lexical_init(struct lexical *l)
{
	memset(l, 0, sizeof(*l));
	db_query_init(&l->db);
}

void
lexical_start(struct lexical *l, const char *user_id, const char *text,
    const char *documents, size_t limit,
    void (*done)(struct lexical *, void *), void *arg)
{
	struct lexical_work	*work;

	lexical_free(l);
	l->done = done;
	l->arg = arg;
	if ((work = calloc(1, sizeof(*work))) == NULL)
		abort();
	l->work = work;
	work->owner = l;
	work->limit = limit;
	work->user_id = strdup(user_id);
	work->documents = documents == NULL ? NULL : strdup(documents);
	work->state = LEXICAL_SCOPE;
	if (question_open(&work->question, text) == -1 ||
	    work->user_id == NULL)
		abort();
	lexical_send(work);
}

void
lexical_free(struct lexical *l)
{
	struct lexical_work	*work = l->work;

	db_query_cancel(&l->db);
	if (work != NULL) {
		work->owner = NULL;
		if (work->job != NULL)
			job_abandon(work->job);
		else
			lexical_release(work);
	}
	free(l->hits);
	lexical_init(l);
}

static void
lexical_release(struct lexical_work *work)
{
	size_t	i;

	PQclear(work->rows.result);
	question_close(&work->question);
	scorer_close(&work->scorer);
	for (i = 0; i < 3; i++)
		buffer_free(&work->arrays[i]);
	free(work->terms);
	free(work->user_id);
	free(work->documents);
	free(work);
}

static int64_t
lexical_hash(const struct lexical_work *work, size_t i)
{
	return ((int64_t)work->question.terms[work->terms[i].term].hash);
}

/* The parameters of the statement that comes next, beyond the user. */
static enum statement
lexical_parameters(struct lexical_work *work)
{
	const struct scorer	*s = &work->scorer;
	size_t			 i, n;

	for (i = 0; i < 3; i++)
		buffer_clear(&work->arrays[i]);
	switch (work->state) {
	case LEXICAL_TERMS:
		for (i = 0; i < work->question.terms_len; i++)
			lexicalrows_number(&work->arrays[0],
			    (int64_t)work->question.terms[i].hash);
		return (work->is_together ? STATEMENT_SEARCH_HEADS :
		    STATEMENT_SEARCH_TERMS);
	case LEXICAL_HEADS:
		for (i = work->heads_from; i < work->heads_to; i++)
			lexicalrows_number(&work->arrays[0],
			    lexical_hash(work, i));
		return (STATEMENT_SEARCH_HEADS);
	case LEXICAL_BLOCKS:
		for (i = 0; i < s->wants_len; i++) {
			lexicalrows_number(&work->arrays[0],
			    (int64_t)s->wants[i].segment);
			lexicalrows_number(&work->arrays[1],
			    (int64_t)s->wants[i].hash);
			lexicalrows_number(&work->arrays[2],
			    (int64_t)s->wants[i].first);
		}
		return (STATEMENT_SEARCH_BLOCKS);
	case LEXICAL_PHRASES:
		n = work->checked + LEXICAL_PHRASE_BATCH;
		for (i = work->checked; i < n && i < s->hits_len; i++)
			lexicalrows_number(&work->arrays[0], s->hits[i].chunk);
		return (STATEMENT_SEARCH_PASSAGES);
	case LEXICAL_CHOSEN:
		return (STATEMENT_SEARCH_CHOSEN);
	default:
		return (STATEMENT_SEARCH_SCOPE);
	}
}

static void
lexical_send(struct lexical_work *work)
{
	struct db_param	params[4];
	enum statement	statement = lexical_parameters(work);
	size_t		i, count = 2;

	if (statement == STATEMENT_SEARCH_SCOPE)
		count = 1;
	else if (statement == STATEMENT_SEARCH_BLOCKS)
		count = 4;
	params[0] = DB_TEXT(work->user_id);
	for (i = 1; i < count; i++)
		params[i] = DB_TEXT(statement == STATEMENT_SEARCH_CHOSEN ?
		    work->documents :
		    lexicalrows_array(&work->arrays[i - 1]));
	db_query_reset(&work->owner->db);
	db_query_start(&work->owner->db, statement, params, count,
	    lexical_landed, work);
}

static void
lexical_landed(struct db_query *query, void *arg)
{
	struct lexical_work	*work = arg;

	if (query->error != ERROR_NONE) {
		lexical_end(work, query->error);
		return;
	}
	work->rows.result = query->result;
	query->result = NULL;
	if (PQresultMemorySize(work->rows.result) > LEXICAL_INLINE &&
	    (work->job = job_start(JOB_SEARCH, lexical_job, work,
	    lexical_job_done, work)) != NULL)
		return;
	lexical_job(work);
	lexical_go_on(work);
}

/* Takes up what came; on a thread, or in the loop when it is little. */
static void
lexical_job(void *arg)
{
	struct lexical_work	*work = arg;
	static void		(*const take[])(struct lexical_work *) = {
		[LEXICAL_SCOPE] = lexical_scope,
		[LEXICAL_CHOSEN] = lexical_chosen,
		[LEXICAL_TERMS] = lexical_terms,
		[LEXICAL_HEADS] = lexical_heads,
		[LEXICAL_BLOCKS] = lexical_blocks,
		[LEXICAL_PHRASES] = lexical_phrases
	};

	take[work->state](work);
	PQclear(work->rows.result);
	work->rows.result = NULL;
}

static void
lexical_job_done(void *input, void *arg)
{
	struct lexical_work	*work = input;

	if (arg == NULL) {
		lexical_release(work);
		return;
	}
	work->job = NULL;
	lexical_go_on(work);
}

static void
lexical_go_on(struct lexical_work *work)
{
	struct question	question;
	enum error_id	error = ERROR_NONE;

	switch (work->state) {
	case LEXICAL_DONE:
		break;
	case LEXICAL_AGAIN:
		if (++work->tries == LEXICAL_TRIES) {
			error = ERROR_BUSY;
			break;
		}
		if (question_open(&question, work->question.text) == -1) {
			question_close(&question);
			error = ERROR_INTERNAL;
			break;
		}
		question_close(&work->question);
		work->question = question;
		scorer_close(&work->scorer);
		free(work->terms);
		work->terms = NULL;
		work->terms_len = work->heads_to = 0;
		work->state = LEXICAL_SCOPE;
		lexical_send(work);
		return;
	case LEXICAL_FAILED:
		error = ERROR_INTERNAL;
		break;
	default:
		lexical_send(work);
		return;
	}
	lexical_end(work, error);
}

static void
lexical_end(struct lexical_work *work, enum error_id error)
{
	struct lexical		*l = work->owner;
	const struct scorer	*s = &work->scorer;
	double			 coverage;
	size_t			 i;

	l->error = error;
	l->missing = work->question.missing;
	l->hits = calloc(s->hits_len + 1, sizeof(*l->hits));
	if (l->hits == NULL)
		l->error = ERROR_INTERNAL;
	for (i = 0; l->error == ERROR_NONE && i < s->hits_len; i++) {
		coverage = question_coverage(&work->question, work->numbers,
		    s->terms_len, s->hits[i].terms);
		if (coverage > l->best)
			l->best = coverage;
		if (i >= work->limit)
			continue;
		l->hits[l->count].chunk = (int32_t)s->hits[i].chunk;
		l->hits[l->count].score = s->hits[i].score;
		l->hits[l->count++].coverage = coverage;
	}
	l->work = NULL;
	lexical_release(work);
	l->done(l, l->arg);
}

static void
lexical_scope(struct lexical_work *work)
{
	const struct db_query	*rows = &work->rows;
	double			 average = 0;
	size_t			 limit = work->limit;

	work->chunks = db_double(rows, 0, 0);
	if (work->chunks > 0)
		average = db_double(rows, 0, 1) / work->chunks;
	if (limit < LEXICAL_HITS_MIN)
		limit = LEXICAL_HITS_MIN;
	work->state = LEXICAL_FAILED;
	if (question_analyze(&work->question,
	    (uint32_t)db_int(rows, 0, 2)) == -1)
		return;
	if (work->question.phrases_len > 0)
		limit = LEXICAL_PHRASE_HITS;
	if (scorer_open(&work->scorer, average, limit) == -1)
		return;
	if (!db_is_null(rows, 0, 3))
		lexicalrows_ranges(&work->scorer, db_text(rows, 0, 3),
		    scorer_deny);
	work->is_together = db_int(rows, 0, 4) *
	    (int64_t)work->question.terms_len <= LEXICAL_TOGETHER;
	if (work->question.terms_len == 0)
		work->state = LEXICAL_DONE;
	else
		work->state = work->documents == NULL ? LEXICAL_TERMS :
		    LEXICAL_CHOSEN;
}

static void
lexical_chosen(struct lexical_work *work)
{
	scorer_narrow(&work->scorer);
	lexicalrows_ranges(&work->scorer, db_text(&work->rows, 0, 0),
	    scorer_allow);
	work->state = LEXICAL_TERMS;
}

static int
lexical_compare(const void *left, const void *right)
{
	const struct lexical_term	*a = left, *b = right;

	/* Sorted by the caller's key, which it puts into `number`. */
	return ((a->number > b->number) - (a->number < b->number));
}

/* The scorer's number for a term; a phrase's word has one for all. */
static int
lexical_number_of(struct lexical_work *work, size_t at)
{
	const struct question		*q = &work->question;
	const struct question_term	*term;
	const struct question_word	*word;
	size_t				 i;
	int				 number;

	term = &q->terms[work->terms[at].term];
	word = &q->words[term->word];
	for (i = 0; word->is_required && i < at; i++)
		if (q->terms[work->terms[i].term].word == term->word)
			return (work->terms[i].number);
	number = scorer_term(&work->scorer, word->idf, word->is_required);
	if (number >= 0)
		work->numbers[number] = work->terms[at].term;

	return (number);
}

/* Keeps the terms that weigh most, as many as the scorer takes. */
static void
lexical_choose(struct lexical_work *work)
{
	const struct question	*q = &work->question;
	size_t			 i;

	for (i = 0; i < work->terms_len; i++)
		work->terms[i].number = (int)(q->terms[work->terms[i].term].df >
		    INT32_MAX ? INT32_MAX : q->terms[work->terms[i].term].df);
	qsort(work->terms, work->terms_len, sizeof(*work->terms),
	    lexical_compare);
	if (work->terms_len > SCORER_TERMS_MAX)
		work->terms_len = SCORER_TERMS_MAX;
	for (i = 0; i < work->terms_len; i++)
		work->terms[i].number = lexical_number_of(work, i);
}

/* As many heads as one statement may bring; or on to the blocks. */
static void
lexical_next_heads(struct lexical_work *work)
{
	int64_t	size = 0;

	work->heads_from = work->heads_to;
	while (work->heads_to < work->terms_len &&
	    (size == 0 || size + work->terms[work->heads_to].size <=
	    LEXICAL_HEADS_BYTES))
		size += work->terms[work->heads_to++].size;
	if (work->heads_from < work->heads_to) {
		work->state = LEXICAL_HEADS;
		return;
	}
	switch (scorer_step(&work->scorer)) {
	case 1:
		work->state = LEXICAL_BLOCKS;
		break;
	case 0:
		work->state = work->question.phrases_len > 0 &&
		    work->scorer.hits_len > 0 ? LEXICAL_PHRASES : LEXICAL_DONE;
		break;
	default:
		work->state = LEXICAL_FAILED;
	}
}

/* In how many chunks a term is, and the bytes of its rows. */
static int64_t
lexical_sum(const struct lexical_work *work, uint64_t hash, int64_t *size)
{
	const struct db_query	*rows = &work->rows;
	int64_t			 chunks = 0;
	int			 row;

	*size = 0;
	for (row = 0; row < db_rows(rows); row++) {
		if ((uint64_t)db_int(rows, row, 0) != hash)
			continue;
		chunks += db_int(rows, row, 1);
		if (!work->is_together)
			*size += db_int(rows, row, 2);
	}

	return (chunks);
}

static void
lexical_terms(struct lexical_work *work)
{
	struct question	*q = &work->question;
	int64_t		 chunks, size;
	size_t		 i, j;

	work->state = LEXICAL_FAILED;
	if ((work->terms = calloc(q->terms_len, sizeof(*work->terms))) == NULL)
		return;
	/* A term that several words have is counted, and scored, once. */
	for (i = 0; i < q->terms_len; i++) {
		if (i > 0 && q->terms[i].hash == q->terms[i - 1].hash)
			continue;
		chunks = lexical_sum(work, q->terms[i].hash, &size);
		question_count(q, q->terms[i].hash, chunks);
		if (chunks <= 0)
			continue;
		j = work->terms_len++;
		work->terms[j].term = i;
		work->terms[j].size = size;
	}
	question_weigh(q, work->chunks);
	if (q->has_failed)
		return;
	if (question_is_hopeless(q)) {
		work->state = LEXICAL_DONE;
		return;
	}
	lexical_choose(work);
	if (work->is_together) {
		work->heads_to = work->terms_len;
		lexical_heads(work);
		return;
	}
	lexical_next_heads(work);
}

static void
lexical_heads(struct lexical_work *work)
{
	uint8_t		bytes[POSTINGS_BYTES_MAX + 8];
	uint64_t	hash;
	size_t		i;
	int		row, len;

	for (row = 0; row < db_rows(&work->rows); row++) {
		hash = (uint64_t)db_int(&work->rows, row, 0);
		for (i = work->heads_from; i < work->heads_to; i++)
			if (work->question.terms[work->terms[i].term].hash ==
			    hash)
				break;
		/* It was not chosen. */
		if (i == work->heads_to)
			continue;
		len = lexicalrows_bytes(&work->rows, row, 3, bytes,
		    sizeof(bytes));
		if (len == -1) {
			work->state = LEXICAL_FAILED;
			return;
		}
		scorer_head(&work->scorer, work->terms[i].number,
		    (uint64_t)db_int(&work->rows, row, 2), hash, bytes,
		    (size_t)len);
	}
	lexical_next_heads(work);
}

static void
lexical_blocks(struct lexical_work *work)
{
	struct scorer	*s = &work->scorer;
	uint8_t		 bytes[POSTINGS_BYTES_MAX + 8];
	int64_t		 n;
	int		 row, len, rows = db_rows(&work->rows);

	/* One of them was merged away. */
	if ((size_t)rows != s->wants_len) {
		work->state = LEXICAL_AGAIN;
		return;
	}
	for (row = 0; row < rows; row++) {
		n = db_int(&work->rows, row, 0) - 1;
		len = lexicalrows_bytes(&work->rows, row, 1, bytes,
		    sizeof(bytes));
		if (n < 0 || (size_t)n >= s->wants_len || len == -1) {
			work->state = LEXICAL_FAILED;
			return;
		}
		scorer_feed(s, &s->wants[n], bytes, (size_t)len);
	}
	lexical_next_heads(work);
}

/* Keeps of a batch of hits those whose passages hold the phrases. */
static void
lexical_phrases(struct lexical_work *work)
{
	struct scorer	*s = &work->scorer;
	const char	*texts[3];
	size_t		 i, end = work->checked + LEXICAL_PHRASE_BATCH;
	int		 row = 0, rows = db_rows(&work->rows);

	if (end > s->hits_len)
		end = s->hits_len;
	for (i = work->checked; i < end && row < rows; i++) {
		if (db_int(&work->rows, row, 0) != s->hits[i].chunk)
			continue;
		texts[0] = db_text(&work->rows, row, 3);
		texts[1] = db_text(&work->rows, row, 5);
		texts[2] = db_text(&work->rows, row++, 8);
		if (phrase_holds(&work->question, texts, 3))
			s->hits[work->kept++] = s->hits[i];
	}
	work->checked = end;
	if (work->kept < work->limit && work->checked < s->hits_len)
		return;
	s->hits_len = work->kept;
	work->state = LEXICAL_DONE;
}
