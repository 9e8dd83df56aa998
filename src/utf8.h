/*
 * UTF-8: checking, repairing, counting and walking. Strict as RFC 3629: no
 * overlong forms, no surrogates, nothing above U+10FFFF. All lengths and
 * positions are bytes; nothing here needs a NUL at the end of its input.
 */
#ifndef LECTERN_UTF8_H
#define LECTERN_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT	0xfffdu

/* True when the bytes are UTF-8; a NUL byte counts as a character. */
int	utf8_is_valid(const void *, size_t len);
/* The same without NUL: what C strings and the database's text can hold. */
int	utf8_is_text(const void *, size_t len);

/*
 * A copy in which every bad sequence and every NUL is U+FFFD, with a NUL
 * after it. *out_len (may be NULL) is its length without that. The caller
 * frees it; NULL when there is no memory.
 */
char	*utf8_sanitise(const void *, size_t len, size_t *out_len)
	    __attribute__((warn_unused_result));

/* Length in UTF-16 code units: what `.length` says in JavaScript. */
size_t	utf8_utf16_len(const char *, size_t len);

/*
 * Decodes the character at `at` (< len) and returns its length, 1 to 4. A
 * bad sequence is UTF8_REPLACEMENT, as long as its longest good beginning.
 */
size_t	utf8_decode(const char *, size_t len, size_t at, uint32_t *out);

/* The nearest start of a character at or before, at or after `at`; <= len. */
size_t	utf8_floor(const char *, size_t len, size_t at);
size_t	utf8_ceil(const char *, size_t len, size_t at);

/*
 * Blanks are ASCII's (controls of layout included), Unicode's spaces and line
 * separators, the zero width space and the byte order mark. The first
 * position at or after `at` that is none; `len` when there is none.
 */
size_t	utf8_skip_blanks(const char *, size_t len, size_t at);
/* The end of text[from..to) without the blanks at its end; >= from. */
size_t	utf8_trim_end(const char *, size_t from, size_t to);
/* True for a letter that can't begin a sentence: Latin, Greek, Cyrillic. */
int	utf8_is_lower(uint32_t);

#endif
