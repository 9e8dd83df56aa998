/* links: src/cite.c src/citecode.c src/linkguard.c src/denial.c src/marker.c src/support.c src/words.c src/sentence.c src/markdown.c src/mdline.c src/mdinline.c src/span.c src/utf8.c src/buffer.c -lsodium -lutf8proc */
/*
 * Generated answers with right, wrong, nested and split markers, among code,
 * maths, links and tables: every citation that is shown holds, byte for byte,
 * and stands on the sentence that was meant; no right one is lost, no other
 * marker is left. The answers are the same in every run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cite.h"
#include "marker.h"

#define ANSWERS		800
#define PASSAGES	8
#define SENTENCES	6
#define FACTS_MAX	64

struct stored {
	char	text[4096];		/* of a document */
	size_t	start;			/* of its passage */
	size_t	sentence[SENTENCES][2];	/* bytes of the document */
	int	key[SENTENCES][2];	/* words that no other sentence has */
};

static struct stored		documents[PASSAGES];
static struct cite_passage	passages[PASSAGES];

/* What an answer must show, in order. */
static struct {
	size_t	passage, sentence;
}				facts[FACTS_MAX];
static size_t			facts_len, wrong_seen, right_seen;

static size_t
pick(size_t n)
{
	return ((size_t)random() % n);
}

/* The n-th unusual word; Latin, Greek or Hebrew letters by its document. */
static void
word(struct buffer *out, int n)
{
	static const char *const	parts[3][6] = {
		{ "ba", "ko", "ri", "zu", "me", "lan" },
		{ "βα", "κο", "ρι", "ζου", "με", "λαν" },
		{ "בא", "קו", "רי", "זו", "מה", "לן" }
	};
	int				script = n / 100 % 4 % 3;
	int				i, rest = n + 7;

	for (i = 0; i < 5; i++) {
		buffer_add_text(out, parts[script][rest % 6]);
		rest = rest / 6 + (n % 5) * (i + 1);
	}
	buffer_add_text(out, script == 0 ? "q" : "");
	for (rest = n; rest > 0; rest /= 10)
		buffer_add(out, &"abcdefghij"[rest % 10], 1);
}

static void
make_documents(void)
{
	struct buffer	text;
	struct stored	*d;
	size_t		i, j;

	for (i = 0; i < PASSAGES; i++) {
		d = &documents[i];
		buffer_init(&text);
		buffer_add_text(&text, "Préambule 😀 of the document.\n\n");
		d->start = text.len;
		for (j = 0; j < SENTENCES; j++) {
			d->key[j][0] = (int)(i * 100 + j * 2);
			d->key[j][1] = (int)(i * 100 + j * 2 + 1);
			d->sentence[j][0] = text.len;
			buffer_add_text(&text, "The ");
			word(&text, d->key[j][0]);
			buffer_add_text(&text, " of it is a ");
			word(&text, d->key[j][1]);
			buffer_add_text(&text, " as ever.");
			d->sentence[j][1] = text.len;
			buffer_add_text(&text, j % 3 == 2 ? "\n\n" : " ");
		}
		assert_true(text.len < sizeof(d->text));
		memcpy(d->text, text.data, text.len + 1);
		passages[i].text = d->text + d->start;
		passages[i].len = text.len - d->start;
		buffer_free(&text);
	}
}

/* The words of a sentence, said otherwise; it becomes a fact. */
static void
claim(struct buffer *out, size_t passage, size_t sentence)
{
	const struct stored	*d = &documents[passage];

	word(out, d->key[sentence][1]);
	buffer_add_text(out, pick(2) ? " would be what its " : " stands for ");
	word(out, d->key[sentence][0]);
	buffer_add_text(out, " does");
	facts[facts_len].passage = passage;
	facts[facts_len++].sentence = sentence;
	right_seen++;
}

static void
number(struct buffer *out, size_t n)
{
	char	digits[24];

	(void)snprintf(digits, sizeof(digits), "%zu", n);
	buffer_add_text(out, digits);
}

static void
wrap(struct buffer *out, const char *open, size_t n, const char *close)
{
	buffer_add_text(out, open);
	number(out, n);
	buffer_add_text(out, close);
}

static const char *const	singles[][2] = {
	{ "[", "]" }, { "[", "]" }, { "[[", "]]" }, { "[^", "]" },
	{ "[Source ", "]" }, { "[source: ", "]" }, { "[Passage ", "]" },
	{ "[Doc ", "]" }, { "[#", "]" }, { "【", "】" }, { "【", "†source】" },
	{ "［", "］" }, { "[ ", " ]" }, { "[", "](https://evil.example/x)" },
	{ "[", "][^99]" }, { "[99][", "]" }, { "[", ", 99]" },
	{ "[77, ", "]" }, { "[[99], [", "]]" }
};
static const char *const	doubles[][3] = {
	{ "[", "][", "]" }, { "[", ", ", "]" }, { "[", ";", "]" },
	{ "[[", "], [", "]]" }, { "[[", "][", "]]" }, { "[^", "][^", "]" },
	{ "[Sources ", " & ", "]" }, { "【", "】【", "】" },
	{ "[", "] [", "]" }, { "[Source ", ", Source ", "]" },
	{ "[", ", 99, ", "]" }, { "[", "][0][", "]" }
};
/* Stand for nothing, and are to vanish. */
static const char *const	wrongs[] = { "[0]", "[9]", "[42]", "[99, 77]",
	"[[88]]", "[^12]", "【31】", "【4:1†source】", "[Source 19]",
	"[1000000000000000000000]", "[50-60]" };
/* No markers, and are to stay. */
static const char *const	noises[] = { "`x[1]`", "`` a[`2`] ``",
	"$y[3] + z[9]$", "[sic]", "[x]", "[n/a]", "(2)", "[1.5]",
	"\\[4\\]", "{5}", "[see below]", "A\\[i\\]" };
static const char *const	blocks[] = {
	"\n\n```c\nv[1] = w[99];\n```\n\n", "\n\n~~~\n[2] [0]\n~~~\n\n",
	"\n\n- `k[7]` in a list\n\n", "\n\n| a | `t[8]` |\n|---|---|\n\n" };

static void
statement(struct buffer *out)
{
	size_t			 a = pick(PASSAGES), b = pick(PASSAGES), n;
	size_t			 s = pick(SENTENCES);
	const char *const	*style;

	if (pick(3) > 0 || a == b) {
		claim(out, a, s);
		n = pick(sizeof(singles) / sizeof(singles[0]));
		if (pick(2))
			buffer_add_text(out, " ");
		wrap(out, singles[n][0], a + 1, singles[n][1]);
	} else {
		claim(out, a, s);
		buffer_add_text(out, " and ");
		claim(out, b, pick(SENTENCES));
		style = doubles[pick(sizeof(doubles) / sizeof(doubles[0]))];
		buffer_add_text(out, " ");
		wrap(out, style[0], a + 1, style[1]);
		number(out, b + 1);
		buffer_add_text(out, style[2]);
	}
	buffer_add_text(out, ".");
}

static void
wrong(struct buffer *out)
{
	word(out, 950 + (int)pick(40));
	buffer_add_text(out, " is told ");
	buffer_add_text(out, wrongs[pick(sizeof(wrongs) / sizeof(wrongs[0]))]);
	buffer_add_text(out, pick(2) ? "." : ", they say.");
	wrong_seen++;
}

static void
make_answer(struct buffer *out)
{
	static const char *const	starts[] = { " ", "\n", "\n\n", "\n- ",
					    "\n1. ", "\n> ", "\n| ", " **So** ",
					    "\n### Head\n\n" };
	size_t				i, n = 1 + pick(7);

	facts_len = 0;
	for (i = 0; i < n; i++) {
		buffer_add_text(out, starts[pick(sizeof(starts) /
		    sizeof(starts[0]))]);
		switch (pick(6)) {
		case 0:
			wrong(out);
			break;
		case 1:
			buffer_add_text(out, noises[pick(sizeof(noises) /
			    sizeof(noises[0]))]);
			buffer_add_text(out, ".");
			break;
		case 2:
			buffer_add_text(out, blocks[pick(sizeof(blocks) /
			    sizeof(blocks[0]))]);
			break;
		default:
			statement(out);
		}
	}
}

static void
feed(struct cite *c, const char *text, size_t len, size_t most)
{
	size_t	at, n;

	cite_init(c, passages, PASSAGES);
	for (at = 0; at < len; at += n) {
		n = 1 + pick(most);
		n = len - at < n ? len - at : n;
		assert_int_equal(cite_feed(c, text + at, n), 0);
	}
	assert_int_equal(cite_finish(c), 0);
}

/* The mark's quote is what the stored text has there, and what was meant. */
static void
check_quote(const struct cite_mark *m, size_t passage, size_t sentence)
{
	const struct stored	*d = &documents[passage];
	size_t			 start = d->start + m->from;
	size_t			 end = d->start + m->to;

	assert_int_equal(m->passage, passage);
	assert_true(m->from < m->to && m->to <= passages[passage].len);
	assert_memory_equal(d->text + start, passages[passage].text + m->from,
	    m->to - m->from);
	assert_true(start <= d->sentence[sentence][0]);
	assert_true(end >= d->sentence[sentence][1]);
	/* Narrowed: not the whole passage. */
	assert_true(m->to - m->from < passages[passage].len);
}

/* Without code and maths, which the generator knows by their marks. */
static size_t
count_markers(const char *text, size_t len)
{
	struct marker	m;
	size_t		at, n = 0;
	char		in = '\0';

	for (at = 0; at < len; at++) {
		if (text[at] == '`' || text[at] == '$' || text[at] == '~')
			in = in == text[at] ? '\0' : in == '\0' ? text[at] : in;
		if (in == '\0' && text[at] == '\\')
			at++;
		else if (in == '\0' && strchr("[\xe3\xef", text[at]) != NULL &&
		    marker_read(text + at, len - at, 1, &m) == MARKER_GROUP) {
			n++;
			at += m.len - 1;
		}
	}

	return (n);
}

static void
test_no_right_citation_is_lost_and_none_that_is_shown_fails(void **state)
{
	struct buffer	answer;
	struct cite	c, other;
	size_t		i, j, shown = 0;

	(void)state;
	srandom(20);
	make_documents();
	for (i = 0; i < ANSWERS; i++) {
		buffer_init(&answer);
		make_answer(&answer);
		feed(&c, answer.data, answer.len, answer.len);
		feed(&other, answer.data, answer.len, 1 + pick(12));
		assert_string_equal(buffer_text(&c.text),
		    buffer_text(&other.text));
		if (c.marks_len != facts_len)
			print_error("%s\n-> %s\n", answer.data,
			    buffer_text(&c.text));
		assert_int_equal(c.marks_len, facts_len);
		assert_int_equal(other.marks_len, facts_len);
		for (j = 0; j < facts_len; j++)
			check_quote(&c.marks[j], facts[j].passage,
			    facts[j].sentence);
		if (count_markers(c.text.data, c.text.len) != facts_len)
			print_error("%s\n-> %s\n", answer.data,
			    buffer_text(&c.text));
		assert_int_equal(count_markers(buffer_text(&c.text),
		    c.text.len), facts_len);
		shown += facts_len;
		cite_free(&c);
		cite_free(&other);
		buffer_free(&answer);
	}
	print_message("%d answers, %zu right, %zu wrong, %zu shown\n", ANSWERS,
	    right_seen, wrong_seen, shown);
	assert_true(right_seen > 1500 && wrong_seen > 300);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(
		    test_no_right_citation_is_lost_and_none_that_is_shown_fails),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
