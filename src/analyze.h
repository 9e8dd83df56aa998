/*
 * From text to the terms of the index; the one place for indexing and asking.
 *
 *	"The lamps of foo_bar.c"  ->  lamp, foo, bar, c and, whole, foo_bar.c
 *
 * A word is a run of letters, marks and digits, case-folded (Unicode) and
 * stemmed by Snowball; accents are dropped after that. Words joined by one of
 * . _ - @ / : are terms each, and whole as well: an identifier, a version or
 * an address is found as it is. In scripts without blanks each character is a
 * word and each pair of them a whole.
 */
#ifndef LECTERN_ANALYZE_H
#define LECTERN_ANALYZE_H

#include <stddef.h>
#include <stdint.h>

#include "language.h"

struct analyzer {
	enum language		 language;
	struct sb_stemmer	*stemmer;	/* NULL: words as they are */
};

struct analyze_token {
	/*
	 * The term: FNV-1a (64 bits; its authors' offset and prime) of the
	 * bytes, mixed by the finalizer of MurmurHash3; a whole's begins with
	 * another byte. Two words meet by a chance of 2^-64.
	 */
	uint64_t	hash;
	size_t		start, end;	/* bytes of the text */
	int		is_whole;	/* joined words: not in the length */
	int		is_stop;	/* a function word of the language */
};

/* 0, or -1: no memory. analyzer_close() is due in both cases. */
int	analyzer_open(struct analyzer *, enum language);
void	analyzer_close(struct analyzer *);
/*
 * Calls `token` for each token in order of the text, a whole behind its
 * words. What and how many are the same for every language; hashes and stops
 * differ. The text is UTF-8.
 */
void	analyze_text(struct analyzer *, const char *, size_t len,
	    void (*token)(void *, const struct analyze_token *), void *);
/*
 * The folded form of a word in out[0..size), as language_stops() wants it;
 * returns its length (what does not fit is cut).
 */
size_t	analyze_fold(const char *, size_t len, char *out, size_t size);

#endif
