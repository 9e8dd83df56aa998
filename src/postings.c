/*
 * Encoding and decoding of postings. Decoding trusts nothing: bytes that are
 * not what was encoded are said to be broken, whatever they hold.
 */
#include <limits.h>
#include <string.h>

#include "postings.h"

#define VARINT_MAX	5	/* bytes of a 32-bit number */

struct postings_reader {
	const uint8_t	*at, *end;
	int		 is_broken;
};

static size_t
postings_put(uint8_t *out, uint32_t number)
{
	size_t	n = 0;

	while (number >= 0x80) {
		out[n++] = (uint8_t)(number | 0x80);
		number >>= 7;
	}
	out[n++] = (uint8_t)number;

	return (n);
}

static uint32_t
postings_get(struct postings_reader *reader)
{
	uint32_t	number = 0, byte;
	int		shift;

	for (shift = 0; shift < 7 * VARINT_MAX; shift += 7) {
		if (reader->at == reader->end)
			break;
		byte = *reader->at++;
		if (shift == 28 && byte > 0x0f)
			break;
		number |= (byte & 0x7f) << shift;
		if (byte < 0x80)
			return (number);
	}
	reader->is_broken = 1;
	reader->at = reader->end;

	return (0);
}

/*
 * The bounds so far and one more posting: what it beats goes. When there are
 * too many, two neighbours become one that beats both.
 */
static void
postings_bound(struct postings_entry *entry, const struct posting *posting)
{
	struct postings_bound	*bounds = entry->bounds;
	uint32_t		 i, n = 0;

	for (i = 0; i < entry->bounds_len; i++)
		if (bounds[i].frequency >= posting->frequency &&
		    bounds[i].length <= posting->length)
			return;
	for (i = 0; i < entry->bounds_len; i++)
		if (bounds[i].frequency > posting->frequency ||
		    bounds[i].length < posting->length)
			bounds[n++] = bounds[i];
	if (n == POSTINGS_BOUNDS_MAX) {
		/* The last two: of the highest frequencies seen. */
		n--;
		if (bounds[n].frequency > bounds[n - 1].frequency)
			bounds[n - 1].frequency = bounds[n].frequency;
		if (bounds[n].length < bounds[n - 1].length)
			bounds[n - 1].length = bounds[n].length;
		entry->bounds_len = n;
		postings_bound(entry, posting);
		return;
	}
	/* In order of frequency. */
	for (i = n; i > 0 && bounds[i - 1].frequency > posting->frequency; i--)
		bounds[i] = bounds[i - 1];
	bounds[i].frequency = posting->frequency;
	bounds[i].length = posting->length;
	entry->bounds_len = n + 1;
}

void
postings_bounds(struct postings_entry *entry, const struct posting *postings,
    size_t count)
{
	size_t	i;

	entry->first = postings[0].chunk;
	entry->last = postings[count - 1].chunk;
	entry->count = (uint32_t)count;
	entry->bounds_len = 0;
	for (i = 0; i < count; i++)
		postings_bound(entry, &postings[i]);
}

size_t
postings_encode(struct buffer *buffer, const struct posting *postings,
    size_t count, struct postings_entry *entry)
{
	uint8_t		bytes[POSTINGS_BYTES_MAX], one[3 * VARINT_MAX];
	uint8_t		head[VARINT_MAX];
	uint32_t	before = 0;
	size_t		i, n, len = 0;

	for (i = 0; i < count; i++) {
		n = 0;
		/* Chunk ids are below 2^31. */
		n += postings_put(one + n, (postings[i].chunk - before) << 1 |
		    (postings[i].frequency == 1));
		if (postings[i].frequency != 1)
			n += postings_put(one + n, postings[i].frequency);
		n += postings_put(one + n, postings[i].length);
		if (len + n > sizeof(bytes) - VARINT_MAX - 1)
			break;
		memcpy(bytes + len, one, n);
		len += n;
		before = postings[i].chunk;
	}
	n = postings_put(head, (uint32_t)i);
	buffer_add(buffer, head, n);
	buffer_add(buffer, bytes, len);
	postings_bounds(entry, postings, i);

	return (i);
}

int
postings_decode(const void *bytes, size_t len, struct posting *out, size_t max)
{
	struct postings_reader	reader = {
		.at = bytes, .end = (const uint8_t *)bytes + len
	};
	uint32_t		count, i, delta, chunk = 0;

	count = postings_get(&reader);
	if (reader.is_broken || count == 0 || count > max || count > len)
		return (-1);
	for (i = 0; i < count; i++) {
		delta = postings_get(&reader);
		if (i > 0 && delta >> 1 == 0)
			return (-1);
		chunk += delta >> 1;
		if (chunk > INT_MAX)
			return (-1);
		out[i].chunk = chunk;
		out[i].frequency = delta & 1 ? 1 : postings_get(&reader);
		out[i].length = postings_get(&reader);
		if (reader.is_broken || out[i].frequency == 0)
			return (-1);
	}

	return (reader.at == reader.end ? (int)count : -1);
}

size_t
postings_directory(struct buffer *buffer, const struct postings_entry *entries,
    size_t count)
{
	uint8_t		 bytes[POSTINGS_BYTES_MAX], head[VARINT_MAX];
	uint8_t		 one[(4 + 2 * POSTINGS_BOUNDS_MAX) * VARINT_MAX];
	uint32_t	 before = 0, j;
	size_t		 i, n, len = 0;

	for (i = 0; i < count; i++) {
		n = postings_put(one, entries[i].first - before);
		n += postings_put(one + n, entries[i].last - entries[i].first);
		n += postings_put(one + n, entries[i].count);
		n += postings_put(one + n, entries[i].bounds_len);
		for (j = 0; j < entries[i].bounds_len; j++) {
			n += postings_put(one + n,
			    entries[i].bounds[j].frequency);
			n += postings_put(one + n,
			    entries[i].bounds[j].length);
		}
		if (len + n > sizeof(bytes) - VARINT_MAX - 1)
			break;
		memcpy(bytes + len, one, n);
		len += n;
		before = entries[i].last;
	}
	n = postings_put(head, (uint32_t)i);
	buffer_add(buffer, head, n);
	buffer_add(buffer, bytes, len);

	return (i);
}

int
postings_entries(const void *bytes, size_t len, struct postings_entry *out,
    size_t max)
{
	struct postings_reader	 reader = {
		.at = bytes, .end = (const uint8_t *)bytes + len
	};
	struct postings_entry	*entry;
	uint32_t		 count, i, j, before = 0;
	uint64_t		 first, last;

	count = postings_get(&reader);
	if (reader.is_broken || count == 0 || count > max || count > len)
		return (-1);
	for (i = 0; i < count; i++) {
		entry = &out[i];
		first = (uint64_t)before + postings_get(&reader);
		last = first + postings_get(&reader);
		if (last > INT_MAX || (i > 0 && first == before))
			return (-1);
		entry->first = (uint32_t)first;
		entry->last = before = (uint32_t)last;
		entry->count = postings_get(&reader);
		entry->bounds_len = postings_get(&reader);
		if (entry->bounds_len == 0 ||
		    entry->bounds_len > POSTINGS_BOUNDS_MAX)
			return (-1);
		for (j = 0; j < entry->bounds_len; j++) {
			entry->bounds[j].frequency = postings_get(&reader);
			entry->bounds[j].length = postings_get(&reader);
		}
		if (reader.is_broken)
			return (-1);
	}

	return (reader.at == reader.end ? (int)count : -1);
}
