/*
 * What /v1 answers with: the bodies, chunks and errors of OpenAI's Chat
 * Completions and Models
 * (https://platform.openai.com/docs/api-reference/chat). No network here.
 *
 * Beyond OpenAI's fields there are x_citations, our citation objects, and
 * x_answered, 0 when the documents hold no answer. Clients that do not know
 * them see the same sources as annotations and as Markdown behind the text.
 */
#ifndef LECTERN_OPENAIWIRE_H
#define LECTERN_OPENAIWIRE_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "buffer.h"

#define OPENAIWIRE_MODEL	"lectern"	/* and lectern/COLLECTION */
#define OPENAIWIRE_ID		"chatcmpl-"	/* ids begin with it */

/* What all parts of one answer share; strings are borrowed. */
struct openaiwire {
	const char	*id;		/* without OPENAIWIRE_ID */
	const char	*model;
	int64_t		 created;	/* seconds since 1970 */
	int		 has_usage;	/* a usage chunk follows: the others
					   say null, as OpenAI's do */
};

struct openaiwire_usage {
	int64_t	input_tokens, output_tokens;
};

/* What is known at the end; all borrowed. */
struct openaiwire_end {
	const char	*sources;	/* openaiwire_sources(), or "" */
	const json_t	*annotations;	/* array */
	const json_t	*citations;	/* array */
	int		 is_answered;
	const char	*reason;	/* finish_reason */
};

/* The first chunk of a stream, with the role. */
void	openaiwire_begin(struct buffer *, const struct openaiwire *);
/* A piece of the text: UTF-8, NULs possible. */
void	openaiwire_text(struct buffer *, const struct openaiwire *,
	    const char *, size_t);
/* The sources with their annotations, and the last chunk behind them. */
void	openaiwire_end(struct buffer *, const struct openaiwire *,
	    const struct openaiwire_end *);
/* The chunk that stream_options.include_usage asks for. */
void	openaiwire_usage(struct buffer *, const struct openaiwire *,
	    const struct openaiwire_usage *);
/* An error in the middle: openaiwire_error()'s object, stolen. */
void	openaiwire_fail(struct buffer *, json_t *error);
/* The stream's last event. */
void	openaiwire_done(struct buffer *);

/* The whole answer of a call that does not stream; a new object. */
json_t	*openaiwire_whole(const struct openaiwire *, const char *text,
	    const struct openaiwire_end *, const struct openaiwire_usage *);
/*
 * {"error": {message, type, param, code}}, new. `code` is one of ours, in
 * capitals, or NULL; `param` may be NULL. The type follows from the status.
 */
json_t	*openaiwire_error(int status, const char *code, const char *param,
	    const char *message);
/* A model of the list; `collection` NULL: the one for all documents. */
json_t	*openaiwire_model(const char *collection, int64_t created);

/*
 * An annotation: the marker that stands at these characters (code points, not
 * bytes or UTF-16 units: what a Python client slices by) and the place that
 * it points to. `address` is the origin of our pages. A new object.
 */
json_t	*openaiwire_annotation(const json_t *citation, size_t start,
	    size_t end, const char *address);
/*
 * Appends the sources as Markdown, one line for each number that a citation
 * has; nothing when there are none.
 */
void	openaiwire_sources(struct buffer *, const json_t *citations,
	    const char *address);
/*
 * Length of an answer of ours without such a list at its end: for the turns
 * that clients send back.
 */
size_t	openaiwire_without_sources(const char *, size_t);

#endif
