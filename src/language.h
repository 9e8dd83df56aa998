/*
 * The languages whose words are stemmed, and their function words ("the",
 * "und"), by which a text's language is known and which no index counts.
 */
#ifndef LECTERN_LANGUAGE_H
#define LECTERN_LANGUAGE_H

#include <stddef.h>
#include <stdint.h>

/* The numbers are stored (index_segments.languages): append only. */
enum language {
	LANGUAGE_SIMPLE,	/* any other: words as they are */
	LANGUAGE_ENGLISH, LANGUAGE_GERMAN, LANGUAGE_FRENCH, LANGUAGE_SPANISH,
	LANGUAGE_ITALIAN, LANGUAGE_PORTUGUESE, LANGUAGE_DUTCH,
	LANGUAGE_SWEDISH, LANGUAGE_NORWEGIAN, LANGUAGE_DANISH,
	LANGUAGE_FINNISH, LANGUAGE_HUNGARIAN, LANGUAGE_ROMANIAN,
	LANGUAGE_TURKISH, LANGUAGE_RUSSIAN, LANGUAGE_GREEK,
	LANGUAGE_COUNT
};

/* Snowball's name of it, or NULL for LANGUAGE_SIMPLE. */
const char	*language_stemmer(enum language);
/*
 * The languages that have the word among their function words, bit n for
 * language n. `word` is folded as analyze.h says, with its accents.
 */
uint32_t	 language_stops(const char *word, size_t len);
/*
 * The language of a text (UTF-8), among those of `mask` (0: all): that with
 * the most function words in its first few thousand words. Too short to tell:
 * English for plain ASCII, the script's language for Cyrillic and Greek, else
 * LANGUAGE_SIMPLE.
 */
enum language	 language_detect(const char *, size_t len, uint32_t mask);

#endif
