/*
 * A ZIP archive written to a file, entry by entry and piece by piece.
 */
#ifndef LECTERN_BUNDLE_H
#define LECTERN_BUNDLE_H

#include <sys/types.h>

#include <stdint.h>

struct bundle;

/* Blocks on the disk: for job threads. NULL: no memory. `fd` stays yours. */
struct bundle	*bundle_open(int fd) __attribute__((warn_unused_result));

/*
 * Begins an entry; `name` is UTF-8 with "/" between folders, `len` how many
 * bytes will follow, `seconds` its time (unix). 0, or -1: the file cannot be
 * written, and bundle_close() alone is left to do; the same below.
 */
int	bundle_entry(struct bundle *, const char *name, size_t len,
	    int64_t seconds) __attribute__((warn_unused_result));
int	bundle_write(struct bundle *, const void *, size_t)
	    __attribute__((warn_unused_result));
/* Writes the end and frees. 0, or -1: the archive is not whole. */
int	bundle_close(struct bundle *) __attribute__((warn_unused_result));

#endif
