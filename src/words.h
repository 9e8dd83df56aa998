/*
 * The words of a text, folded so that forms of one word compare equal: case
 * and accents are dropped, common English endings cut. For measuring how much
 * two texts share, in the process; the database's search has its own words.
 */
#ifndef LECTERN_WORDS_H
#define LECTERN_WORDS_H

#include <stddef.h>
#include <stdint.h>

struct word {
	uint64_t	hash;		/* of the folded form */
	size_t		start, end;	/* bytes of the text */
	int		is_common;	/* "the", "which": says little */
};

struct words {
	const char	*text;
	size_t		 len;
	size_t		 at;	/* next byte to read */
};

/* The text must outlive it; nothing is to be freed. UTF-8. */
struct words	words_open(const char *, size_t len);
/*
 * Yields the next word, in order. Returns 1, or 0 at the end. In scripts
 * written without blanks every character is a word.
 */
int		words_next(struct words *, struct word *);

#endif
