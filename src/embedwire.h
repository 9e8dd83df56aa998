/*
 * The words of embedding and rerank end points: requests as JSON, replies
 * read. Pure: no connection here.
 *
 *	openai	POST .../embeddings {model,input,dimensions?}
 *		-> {data:[{index,embedding}]}
 *	tei	POST .../embed {inputs,truncate} -> [[...],...]
 *	ollama	POST .../api/embed {model,input,truncate}
 *		-> {embeddings:[[...],...]}
 *	jina	POST .../rerank {model,query,documents,top_n}
 *		-> {results:[{index,relevance_score}]}	(also Cohere's, vLLM's)
 *	tei	POST .../rerank {query,texts,truncate} -> [{index,score}]
 *
 * A reply is taken whole or not at all: as many vectors as texts, each once,
 * all of one length, of finite numbers that are not all zero.
 */
#ifndef LECTERN_EMBEDWIRE_H
#define LECTERN_EMBEDWIRE_H

#include <stddef.h>

enum embedwire_format { EMBEDWIRE_OPENAI, EMBEDWIRE_TEI, EMBEDWIRE_OLLAMA };

struct embedwire_vectors {
	float	*values;	/* count * dimensions, owned */
	size_t	 count;
	size_t	 dimensions;
};

/* pgvector's halfvec takes that many. */
#define EMBEDWIRE_DIMENSIONS_MAX	16000

/*
 * The request for `count` texts (UTF-8). `dimensions` 0: the model's own.
 * Freed by the caller; NULL: no memory, or a text is not UTF-8.
 */
char	*embedwire_request(enum embedwire_format, const char *model,
	    size_t dimensions, const char *const *texts, size_t count);
/*
 * Reads a reply in any of the three formats. 0, or -1 with a word for the
 * log in *why; then `vectors` is empty. Freed by embedwire_free().
 */
int	 embedwire_reply(const char *, size_t len, size_t count,
	    struct embedwire_vectors *, const char **why);
void	 embedwire_free(struct embedwire_vectors *);

/* is_tei: TEI's format, else the other. Freed by the caller, or NULL. */
char	*embedwire_rerank_request(int is_tei, const char *model,
	    const char *query, const char *const *texts, size_t count);
/*
 * Reads the scores of `count` texts, in either format, into `scores`; a text
 * that the reply leaves out gets -HUGE_VAL. 0, or -1.
 */
int	 embedwire_rerank_reply(const char *, size_t len, double *scores,
	    size_t count);

#endif
