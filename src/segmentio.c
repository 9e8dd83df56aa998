/*
 * Rows of index_terms and index_blocks by COPY, for a new segment
 * (indexwriter.c) and a merged one (merge.c).
 */
#include "segmentio.h"

int
segmentio_copy(struct dbsync *db, struct segment_rows *rows)
{
	if (rows->terms.has_failed || rows->blocks.has_failed) {
		db->error = ERROR_INTERNAL;
		return (-1);
	}
	if (rows->terms.len > 0 && dbsync_copy(db, "copy index_terms "
	    "(segment, term, part, chunks, bytes) from stdin (format binary)",
	    rows->terms.data, rows->terms.len) == -1)
		return (-1);
	if (rows->blocks.len > 0 && dbsync_copy(db, "copy index_blocks "
	    "(segment, term, first_chunk, bytes) from stdin (format binary)",
	    rows->blocks.data, rows->blocks.len) == -1)
		return (-1);
	buffer_clear(&rows->terms);
	buffer_clear(&rows->blocks);

	return (0);
}
