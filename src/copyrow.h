/*
 * Rows for COPY in the database's binary format: how many fields, then each
 * field's length and bytes. dbsync_copy() sends them.
 */
#ifndef LECTERN_COPYROW_H
#define LECTERN_COPYROW_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

void	copyrow_begin(struct buffer *, uint16_t fields);
void	copyrow_null(struct buffer *);
void	copyrow_int(struct buffer *, int32_t);
void	copyrow_bigint(struct buffer *, uint64_t);
void	copyrow_bytes(struct buffer *, const void *, size_t);
/* An array of bigint. */
void	copyrow_bigints(struct buffer *, const uint64_t *, size_t);
/* A field whose bytes the caller appends; returns what _end() wants. */
size_t	copyrow_open(struct buffer *);
void	copyrow_end(struct buffer *, size_t opened);

#endif
