/*
 * Words, folded.
 *
 * A word is a run of letters, marks and digits; an apostrophe inside ends it,
 * so that "Lectern's" is "lectern" and an "s" that counts as common.
 * Characters are case-folded and decomposed without their marks. The stemmer
 * cuts plural, -ing, -ed, -ly and a last -e of ASCII words: crude, but both
 * sides of every comparison are cut alike.
 */
#include <string.h>

#include <utf8proc.h>

#include "utf8.h"
#include "words.h"

#define WORD_MAX	48	/* folded characters that are compared */
#define FOLD_MAX	18	/* longest decomposition of one character */

static const char *const common[] = {
	"a", "about", "after", "all", "also", "am", "an", "and", "any", "are",
	"as", "at", "be", "been", "before", "being", "but", "by", "can",
	"could", "did", "do", "does", "doing", "during", "each", "for", "from",
	"had", "has", "have", "having", "he", "her", "his", "how", "i", "if",
	"in", "into", "is", "it", "its", "many", "may", "me", "more", "most",
	"much", "my", "no", "not", "of", "on", "one", "or", "other", "our",
	"out", "over", "s", "shall", "she", "should", "so", "some", "such",
	"t", "tell", "than", "that", "the", "their", "them", "then", "there",
	"these", "they", "this", "those", "to", "under", "up", "was", "we",
	"were", "what", "when", "where", "which", "while", "who", "whom",
	"whose", "why", "will", "with", "would", "you", "your"
};

static int
words_is_letter(uint32_t c)
{
	utf8proc_category_t	category;

	if (c < 0x80)
		return ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z'));
	category = utf8proc_category((int32_t)c);

	return (category >= UTF8PROC_CATEGORY_LU &&
	    category <= UTF8PROC_CATEGORY_NO);
}

/* Scripts that put no blanks between words. */
static int
words_stands_alone(uint32_t c)
{
	return ((c >= 0x0e00 && c <= 0x0e7f) || (c >= 0x3040 && c <= 0x30ff) ||
	    (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) ||
	    (c >= 0x20000 && c <= 0x3ffff));
}

/* Appends up to len characters; what a long word has beyond is not compared. */
static size_t
words_fold(uint32_t c, int32_t *out, size_t len)
{
	int32_t	folded[FOLD_MAX];
	int	boundary = 0;
	size_t	i, n;
	ssize_t	count;

	if (len == 0)
		return (0);
	if (c < 0x80) {
		out[0] = (c >= 'A' && c <= 'Z') ? (int32_t)c + 32 : (int32_t)c;
		return (1);
	}
	count = utf8proc_decompose_char((int32_t)c, folded, FOLD_MAX,
	    UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
	    UTF8PROC_STRIPMARK | UTF8PROC_IGNORE, &boundary);
	if (count < 0 || count > FOLD_MAX)
		return (0);

	n = (size_t)count < len ? (size_t)count : len;
	for (i = 0; i < n; i++)
		out[i] = folded[i];

	return (n);
}

static int
words_ends(const int32_t *word, size_t len, const char *ending)
{
	size_t	n = strlen(ending), i;

	if (len < n)
		return (0);
	for (i = 0; i < n; i++)
		if (word[len - n + i] != ending[i])
			return (0);

	return (1);
}

/* The length that remains; an ending goes only where a stem is left. */
static size_t
words_stem(int32_t *word, size_t len)
{
	if (len > 4 && words_ends(word, len, "ies")) {
		len -= 2;
		word[len - 1] = 'y';
	} else if (len > 4 && words_ends(word, len, "sses"))
		len -= 2;
	else if (len > 3 && word[len - 1] == 's' &&
	    !words_ends(word, len, "ss") && !words_ends(word, len, "us"))
		len--;

	if (len > 5 && words_ends(word, len, "ing"))
		len -= 3;
	else if (len > 4 && words_ends(word, len, "ed"))
		len -= 2;
	else if (len > 4 && words_ends(word, len, "ly"))
		len -= 2;
	if (len > 4 && word[len - 1] == word[len - 2] &&
	    word[len - 1] < 0x80 && strchr("bdgmnprt", word[len - 1]) != NULL)
		len--;
	if (len > 3 && word[len - 1] == 'e')
		len--;
	if (len > 3 && word[len - 1] == 'y')
		word[len - 1] = 'i';

	return (len);
}

static int
words_compare(const int32_t *word, size_t len, const char *other)
{
	size_t	i;

	for (i = 0; i < len && other[i] != '\0'; i++)
		if (word[i] != (unsigned char)other[i])
			return (word[i] - (unsigned char)other[i]);

	return (i < len ? 1 : other[i] != '\0' ? -1 : 0);
}

static int
words_is_common(const int32_t *word, size_t len)
{
	size_t	low = 0, high = sizeof(common) / sizeof(common[0]), middle;
	int	order;

	while (low < high) {
		middle = (low + high) / 2;
		order = words_compare(word, len, common[middle]);
		if (order == 0)
			return (1);
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}

	return (0);
}

static uint64_t
words_hash(const int32_t *word, size_t len)
{
	uint64_t	hash = 0xcbf29ce484222325u;
	size_t		i;

	for (i = 0; i < len; i++) {
		hash ^= (uint32_t)word[i];
		hash *= 0x100000001b3u;
	}

	return (hash);
}

struct words
words_open(const char *text, size_t len)
{
	struct words	w = { .text = text, .len = len, .at = 0 };

	return (w);
}

/* Skips to the first letter; returns its length in bytes, 0 at the end. */
static size_t
words_begin(struct words *w, uint32_t *c)
{
	size_t	n;

	while (w->at < w->len) {
		n = utf8_decode(w->text, w->len, w->at, c);
		if (words_is_letter(*c))
			return (n);
		w->at += n;
	}

	return (0);
}

int
words_next(struct words *w, struct word *out)
{
	int32_t		folded[WORD_MAX];
	size_t		len = 0, n;
	uint32_t	c;

	if ((n = words_begin(w, &c)) == 0)
		return (0);

	out->start = w->at;
	while (n > 0) {
		len += words_fold(c, folded + len, WORD_MAX - len);
		w->at += n;
		if (words_stands_alone(c) || w->at >= w->len)
			break;
		n = utf8_decode(w->text, w->len, w->at, &c);
		if (!words_is_letter(c) || words_stands_alone(c))
			break;
	}
	out->end = w->at;
	out->is_common = words_is_common(folded, len);
	out->hash = words_hash(folded, out->is_common ? len :
	    words_stem(folded, len));

	return (1);
}
