/*
 * Writing into the index: texts are cut into chunks, analysed, and stored as
 * chunks and segments of one scope, inside the caller's transaction.
 */
#ifndef LECTERN_INDEXWRITER_H
#define LECTERN_INDEXWRITER_H

#include "analyze.h"
#include "dbsync.h"
#include "markdown.h"
#include "segment.h"

struct indexwriter {
	struct dbsync		*db;
	int32_t			 scope;
	struct segment		 segment;
	struct buffer		 chunks;	/* rows for COPY */
	struct segment_rows	 rows;
	int32_t			 first, last;	/* chunks not yet flushed */
	size_t			 count;
	int64_t			 tokens;
	uint32_t		 languages;
	struct analyzer		 analyzers[LANGUAGE_COUNT];
	uint32_t		 opened;	/* bit n: analyzer n */
	uint64_t		*hashes;	/* of the chunk in hand */
	size_t			 hashes_len, hashes_size;
	size_t			 length;	/* its words */
	int			 has_failed;	/* no memory */
};

/* What is to be indexed of a document; strings are borrowed, UTF-8. */
struct indexwriter_text {
	const char		*document, *title;
	const char		*text;
	size_t			 len;
	enum markdown_syntax	 syntax;
	const uint64_t		*pages;		/* where each begins, or NULL */
	size_t			 pages_len;
	int32_t			 first;		/* its first chunk's id */
	int32_t			 count;		/* of its chunks */
};

void	indexwriter_open(struct indexwriter *, struct dbsync *, int32_t scope);
void	indexwriter_close(struct indexwriter *);
/* How many chunks a text has: as many ids are to be reserved for it. */
int32_t	indexwriter_chunks(const struct indexwriter_text *);
/* Adds a document. 0, or -1: the database failed, or no memory. */
int	indexwriter_add(struct indexwriter *, const struct indexwriter_text *)
	    __attribute__((warn_unused_result));
/* Writes what was added and not yet written. */
int	indexwriter_flush(struct indexwriter *)
	    __attribute__((warn_unused_result));

#endif
