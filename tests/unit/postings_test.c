/* links: src/postings.c src/segment.c src/copyrow.c src/buffer.c */
/*
 * What was encoded is decoded, in rows of bounded size, and broken bytes are
 * told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "postings.h"

#define COUNT	20000

static struct posting	postings[COUNT];

static void
fill(uint32_t step)
{
	uint32_t	i, chunk = 3;

	for (i = 0; i < COUNT; i++) {
		chunk += 1 + (i * 2654435761u >> 8) % step;
		postings[i].chunk = chunk;
		postings[i].frequency = i % 7 == 0 ? 1 + i % 300 : 1;
		postings[i].length = (i * 97) % 900;
	}
}

static void
test_blocks(void **state)
{
	struct posting		out[POSTINGS_BLOCK_MAX];
	struct postings_entry	entry;
	struct buffer		buffer;
	size_t			at, i, n;
	uint32_t		step, j;

	(void)state;
	for (step = 1; step < 100000; step *= 10) {
		fill(step);
		for (at = 0; at < COUNT; at += n) {
			buffer_init(&buffer);
			n = postings_encode(&buffer, postings + at,
			    COUNT - at, &entry);
			assert_true(n > 100 || at + n == COUNT);
			assert_true(buffer.len <= POSTINGS_BYTES_MAX);
			assert_int_equal(postings_decode(buffer.data,
			    buffer.len, out, POSTINGS_BLOCK_MAX), (int)n);
			assert_memory_equal(out, postings + at,
			    n * sizeof(*out));
			for (i = 0; i < n; i++) {
				for (j = 0; j < entry.bounds_len; j++)
					if (entry.bounds[j].frequency >=
					    out[i].frequency &&
					    entry.bounds[j].length <=
					    out[i].length)
						break;
				assert_true(j < entry.bounds_len);
			}
			buffer_free(&buffer);
		}
	}
}

static void
test_directory(void **state)
{
	struct postings_entry	entries[300], out[POSTINGS_BYTES_MAX];
	struct buffer		buffer;
	size_t			i, n, at;

	(void)state;
	fill(50);
	memset(entries, 0, sizeof(entries));
	for (i = 0; i < 300; i++)
		postings_bounds(&entries[i], postings + i * 60, 60);
	for (at = 0; at < 300; at += n) {
		buffer_init(&buffer);
		n = postings_directory(&buffer, entries + at, 300 - at);
		assert_true(n > 0 && buffer.len <= POSTINGS_BYTES_MAX);
		assert_int_equal(postings_entries(buffer.data, buffer.len,
		    out, POSTINGS_BYTES_MAX), (int)n);
		for (i = 0; i < n; i++) {
			assert_int_equal(out[i].first, entries[at + i].first);
			assert_int_equal(out[i].last, entries[at + i].last);
			assert_int_equal(out[i].bounds_len,
			    entries[at + i].bounds_len);
			assert_memory_equal(out[i].bounds,
			    entries[at + i].bounds, out[i].bounds_len *
			    sizeof(out[i].bounds[0]));
		}
		buffer_free(&buffer);
	}
}

static void
test_broken(void **state)
{
	struct posting		out[POSTINGS_BLOCK_MAX];
	struct postings_entry	entry;
	struct buffer		buffer;
	size_t			len;

	(void)state;
	fill(10);
	buffer_init(&buffer);
	(void)postings_encode(&buffer, postings, 20, &entry);
	for (len = 0; len < buffer.len; len++)
		assert_int_equal(postings_decode(buffer.data, len, out,
		    POSTINGS_BLOCK_MAX), -1);
	assert_int_equal(postings_decode(buffer.data, buffer.len, out, 19),
	    -1);
	buffer_add(&buffer, "x", 1);
	assert_int_equal(postings_decode(buffer.data, buffer.len, out,
	    POSTINGS_BLOCK_MAX), -1);
	buffer_free(&buffer);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_directory),
		cmocka_unit_test(test_broken),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
