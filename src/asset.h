/*
 * What browsers load: pages in each language, scripts, styles, pictures, made
 * ready once by the parent (texts put in, compressed), before it forks.
 *
 * The version is a hash over all of them. Under /assets/VERSION/NAME a file
 * never changes and may be cached for ever; relative imports of scripts and
 * styles stay below it by themselves.
 */
#ifndef LECTERN_ASSET_H
#define LECTERN_ASSET_H

#include <stddef.h>

#define ASSET_VERSION_LEN	16	/* hex digits */
#define ASSET_ETAG_LEN		40

/* One of the encodings of a file. */
struct asset_form {
	const char	*encoding;	/* NULL: as it is */
	const void	*data;
	size_t		 len;		/* bytes */
	char		 etag[ASSET_ETAG_LEN];	/* with its quotes */
};

struct asset;

/*
 * Makes them ready. Returns 0, or -1 with a sentence in `why` when a page
 * asks for a text that its language does not have, or memory runs out.
 */
int	asset_init(char *why, size_t) __attribute__((warn_unused_result));
const char	*asset_version(void);
/*
 * The code of the best language: the reader's choice (NULL or unknown: none),
 * else by Accept-Language (may be NULL), else English.
 */
const char	*asset_language(const char *choice, const char *accept);
/* A file by its name ("chat.html"); NULL when there is none. */
const struct asset	*asset_find(const char *file, const char *language);
const char	*asset_type(const struct asset *);
/* By Accept-Encoding, which may be NULL. */
const struct asset_form	*asset_form(const struct asset *, const char *accept);

#endif
