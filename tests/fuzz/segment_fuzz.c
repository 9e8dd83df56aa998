/* links: src/segment.c src/copyrow.c src/postings.c src/buffer.c */
/*
 * Postings of any terms: the rows are whole as COPY's binary format wants
 * them, and every term has one.
 */
#include <arpa/inet.h>
#include <endian.h>

#include "fuzz.h"
#include "postings.h"
#include "segment.h"

static uint32_t
number(const struct buffer *rows, size_t at, size_t width)
{
	uint32_t	four;
	uint16_t	two;

	check(at + width <= rows->len);
	if (width == 2) {
		memcpy(&two, rows->data + at, 2);
		return (ntohs(two));
	}
	memcpy(&four, rows->data + at, 4);
	return (ntohl(four));
}

/* How many rows; each has as many fields as the first. */
static size_t
walk(const struct buffer *rows)
{
	size_t		at, n = 0;
	uint32_t	fields, first = 0, i, len;

	for (at = 0; at < rows->len; n++) {
		fields = number(rows, at, 2);
		first = n == 0 ? fields : first;
		check(fields == first);
		at += 2;
		for (i = 0; i < fields; i++) {
			len = number(rows, at, 4);
			at += 4 + (len == UINT32_MAX ? 0 : len);
			check(at <= rows->len);
		}
	}
	check(at == rows->len);

	return (n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct segment		 segment;
	struct segment_rows	 rows;
	struct posting		 posting;
	size_t			 at, terms = 0;
	uint8_t			 seen[256] = { 0 };

	segment_init(&segment);
	memset(&rows, 0, sizeof(rows));
	buffer_init(&rows.terms);
	buffer_init(&rows.blocks);
	/* The chunks grow, as they do in a document. */
	for (at = 0; at + 4 <= size; at += 4) {
		memset(&posting, 0, sizeof(posting));
		posting.chunk = (uint32_t)(at * 16 + data[at + 1] % 16);
		posting.frequency = data[at + 2] % 64 + 1U;
		posting.length = data[at + 3] + 64U;
		terms += !seen[data[at]];
		seen[data[at]] = 1;
		segment_add(&segment, data[at], &posting);
	}
	check(segment_rows(&segment, &rows) == 0);
	/* A term of many blocks has several. */
	check(walk(&rows.terms) >= terms);
	(void)walk(&rows.blocks);
	segment_rows_free(&rows);
	segment_free(&segment);

	return (0);
}
