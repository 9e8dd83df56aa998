/*
 * Links in generated text: only those that the passages themselves hold stay
 * links. What a document makes a model write (an image whose address carries
 * away what was asked, a link to a false page) leaves as text:
 *
 *	![x](address)		[x], never an image; a link if known
 *	[x](address)		[x]
 *	[x]: address		[x] : address, which defines nothing
 *	https://address		https:// address
 *	<tag ...>		&lt;tag ...>
 */
#ifndef LECTERN_LINKGUARD_H
#define LECTERN_LINKGUARD_H

#include <stddef.h>

#include "buffer.h"
#include "cite.h"

struct linkguard {
	const struct cite_passage	*sources;	/* what is known */
	size_t				 sources_len;
	const char			*before;	/* what has left */
	size_t				 before_len;
	const char			*text;		/* what comes */
	size_t				 len;
	int				 is_all;	/* no more will come */
};

/* 1 when linkguard_take() has something to say about text[at]. */
int	linkguard_looks_at(const char *text, size_t len, size_t at);
/*
 * Takes what stands at the start of the text: appends what leaves in its
 * place and returns the bytes taken, 0 when it is no business of links.
 * *undecided is set when the bytes end before that is known. The verdict
 * depends on the bytes alone, not on how they were cut.
 */
size_t	linkguard_take(const struct linkguard *, struct buffer *out,
	    int *undecided);

#endif
