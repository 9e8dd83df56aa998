/*
 * The passages that an answer is given: what retrieval found, joined with its
 * neighbours in the document; or the documents chosen, whole, when they are
 * small. All text comes from the stored text, byte for byte, by a statement
 * with the access rule in it.
 */
#ifndef LECTERN_PASSAGES_H
#define LECTERN_PASSAGES_H

#include "buffer.h"
#include "db.h"
#include "retrieval.h"

/* Cut to no more than the marker filter resolves (CITE_PASSAGES_MAX). */
#define PASSAGES_MAX		64
/* A selection of more text than this is searched, whatever the window. */
#define PASSAGES_WHOLE_MAX	(64 * 1024)

struct passages {
	struct db_query	 db;
	enum error_id	 error;		/* ERROR_NONE: the rest is valid */
	struct passage	*passages;	/* owned; best first, or in order of
					   the documents when whole. Strings
					   borrow from db and `texts` */
	size_t		 count;
	int		 is_whole;	/* they are all that was chosen */
	struct buffer	 texts;		/* of what was joined */
	struct passages_hit *hits;	/* owned, while under way */
	size_t		 hits_len;
	size_t		 bytes_max;	/* of text in all passages */
	void		(*done)(struct passages *, void *);
	void		*arg;
};

void	passages_init(struct passages *);
/*
 * Joins and widens the hits of a retrieval that found something, as long as
 * they hold no more than bytes_max bytes of text; the best one is always
 * there. `done` is called later, once; the retrieval is not used after this
 * returns. Chunks deleted in the meantime are left out: count may be 0.
 */
void	passages_start(struct passages *, const struct retrieval *,
	    const char *user_id, size_t bytes_max,
	    void (*)(struct passages *, void *), void *);
/*
 * All text of these documents, of those that the user may see, in this order.
 * When it is more than bytes_max or PASSAGES_WHOLE_MAX, or nothing: count is
 * 0, and a search has to choose. `done` is called later, once.
 */
void	passages_whole(struct passages *, const char *user_id,
	    const char *const *document_ids, size_t document_ids_len,
	    size_t bytes_max, void (*)(struct passages *, void *), void *);
/* Drops result and query, in any state. Idempotent. */
void	passages_free(struct passages *);

#endif
