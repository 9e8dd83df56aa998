/*
 * The vector side of a search: which model serves, a question's vector, and
 * the passages near to it. Everything here may be away; then a search is
 * lexical, and nobody waits longer than EMBED_QUESTION_MS.
 */
#ifndef LECTERN_VECTORS_H
#define LECTERN_VECTORS_H

#include <stddef.h>

#include "db.h"
#include "embed.h"

/* One question on its way to passages; vectors_init() before all else. */
struct vectors {
	struct embed	*embed;		/* while it is asked */
	struct db_query	 db;
	char		*question;	/* its vector, as pgvector writes it */
	int		 model;
	void		(*done)(struct vectors *, void *);
	void		*arg;
};

/*
 * Once per worker, from the event loop, when the schema is in place.
 * vectors_refresh() asks again which model serves: after a change.
 */
void	vectors_start(void);
void	vectors_refresh(void);
/* 1: a model serves, so that asking makes sense. For /ready, too. */
int	vectors_is_on(void);

void	vectors_init(struct vectors *);
/*
 * Asks for the question's vector; `done` is called later, once, with
 * vectors->question set or NULL. 0, or -1: it cannot be asked. `request_id` is
 * handed on (NULL: none).
 */
int	vectors_ask(struct vectors *, const char *question,
	    const char *request_id, void (*done)(struct vectors *, void *),
	    void *arg);
/*
 * Then: looks for the `limit` nearest passages that the user may see, in
 * `documents` (an array of SQL) or everywhere (NULL), and for how near
 * `chunks` (an array of SQL) are. `done` is called later, once; rows of
 * vectors->db are vectors_chunk(), vectors_similarity().
 */
void	vectors_search(struct vectors *, const char *user_id,
	    const char *documents, size_t limit, const char *chunks,
	    void (*done)(struct vectors *, void *), void *arg);
int	vectors_rows(const struct vectors *);
int64_t	vectors_chunk(const struct vectors *, int row);
double	vectors_similarity(const struct vectors *, int row);
/* Of the question with passages taken at random; see fusion.h. */
double	vectors_background(const struct vectors *);
/* In any state. Idempotent. */
void	vectors_free(struct vectors *);

#endif
