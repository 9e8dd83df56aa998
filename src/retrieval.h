/*
 * Retrieval: the passages that answer a question, from what the asker may
 * see. Used by POST /api/search and by every answer, through its own query,
 * so that it needs no request.
 */
#ifndef LECTERN_RETRIEVAL_H
#define LECTERN_RETRIEVAL_H

#include "db.h"
#include "embed.h"
#include "fusion.h"
#include "lexical.h"
#include "vectors.h"

struct passage {
	const char	*document_id;
	const char	*external_id;	/* or NULL */
	const char	*title;
	const char	*chunk_id;
	const char	*heading;	/* path, " > " between levels; or "" */
	int64_t		 start, end;	/* bytes of the document's text */
	int64_t		 page;		/* that it begins on; 0: no pages */
	const char	*page_breaks;	/* bytes of the document's text where
					   others begin in it: "{9,20}" */
	const char	*text;		/* exactly those bytes, and a NUL */
	size_t		 text_len;
	double		 score;		/* of the final order */
	double		 lexical;	/* BM25; 0: the words are not in it */
	double		 vector;	/* cosine; NAN: no vector side */
	double		 coverage;	/* 0..1: share of the question's weight
					   (idf) that this passage holds */
};

struct retrieval {
	struct lexical	 lexical;	/* which chunks, by words */
	struct vectors	 vectors;	/* and by meaning */
	struct db_query	 db;		/* their passages */
	struct embed_rerank *rerank;	/* while it is asked */
	enum error_id	 error;		/* ERROR_NONE: the rest is valid */
	struct passage	*passages;	/* best first; borrow from db.result */
	size_t		 count;
	size_t		 limit;		/* passages asked for */
	char		*user_id;	/* owned, while under way */
	const char	*request_id;
	char		*question;
	char		*documents;	/* array of SQL, or NULL */
	int		 waits;		/* sides that have not answered */
	struct fusion_item *items;	/* owned; best first */
	size_t		 items_len;
	int		 is_answerable;	/* 0: what matters in the question
					   matches nothing; refuse honestly */
	void		(*done)(struct retrieval *, void *);
	void		*arg;
};

#define RETRIEVAL_MAX	100		/* passages that may be asked for */

void	retrieval_init(struct retrieval *);
/*
 * Looks in the asker's own documents and the shared library, or only in
 * `document_ids` (those of them that the asker may see) when not NULL.
 * `question` is UTF-8; `request_id`, which outlives the retrieval, is handed on
 * to end points. `done` is called later, once.
 */
void	retrieval_start(struct retrieval *, const char *user_id,
	    const char *request_id, const char *question,
	    const char *const *document_ids, size_t document_ids_len,
	    size_t limit,
	    void (*)(struct retrieval *, void *), void *);
/* Drops result and query, in any state. Idempotent. */
void	retrieval_free(struct retrieval *);
/*
 * Ids of documents as an array of SQL, to be freed; what has not the form of
 * an id is nobody's document and left out.
 */
char	*retrieval_id_array(const char *const *, size_t);

#endif
