/*
 * The lexical side of retrieval: BM25 over what the asker may see, as chunk
 * ids with scores. A few statements one after another, scored here.
 */
#ifndef LECTERN_LEXICAL_H
#define LECTERN_LEXICAL_H

#include <stddef.h>
#include <stdint.h>

#include "db.h"

struct lexical_hit {
	int32_t	chunk;		/* chunks.id */
	double	score;		/* BM25 */
	double	coverage;	/* 0..1: share of the question's weight */
};

struct lexical {
	struct db_query		 db;
	enum error_id		 error;		/* ERROR_NONE: hits are valid */
	struct lexical_hit	*hits;		/* owned; best first */
	size_t			 count;
	double			 best;		/* largest coverage */
	double			 missing;	/* share of names and numbers
						   that no document has */
	struct lexical_work	*work;		/* while under way */
	void			(*done)(struct lexical *, void *);
	void			*arg;
};

void	lexical_init(struct lexical *);
/*
 * `documents` is an SQL text[] of document ids to look in, or NULL for all
 * that the asker may see; `question` UTF-8; both are copied. At most `limit`
 * hits. `done` is called later, once, from the event loop.
 */
void	lexical_start(struct lexical *, const char *user_id,
	    const char *question, const char *documents, size_t limit,
	    void (*)(struct lexical *, void *), void *);
/* Drops everything, in any state; `done` will not be called. Idempotent. */
void	lexical_free(struct lexical *);

#endif
