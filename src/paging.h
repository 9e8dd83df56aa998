/*
 * Lists in pages: ?q=, ?cursor= and ?limit= (1-100), the same for every list,
 * and ?sort= where a list can be had in several orders.
 */
#ifndef LECTERN_PAGING_H
#define LECTERN_PAGING_H

#include "request.h"

#define PAGING_WORDS_SIZE	201

struct paging {
	char		 words[PAGING_WORDS_SIZE];
	char		 cursor[400];
	const char	*q;		/* words that are looked for, or NULL */
	const char	*cursor_us;	/* microseconds of the last one seen, or
					   the key that it is sorted by */
	const char	*cursor_id;	/* and its id; both NULL: first page */
	const char	*sort;		/* asked for, NULL: as usual */
	int		 is_descending;
	int64_t		 limit;
};

/* Reads the query. STEP_NEXT, or STEP_DONE when the refusal has been sent. */
enum step	 paging_read(struct request *, struct paging *);
/*
 * The same with ?sort=, one of `names` (NULL-ended), "-" before it for the
 * last one first. Keys are digits or hex digits; a cursor fits a sort.
 */
enum step	 paging_read_sorted(struct request *, struct paging *,
		    const char *const *names);
/*
 * The cursor behind the last row shown: a string, or null when the result
 * (of limit + 1 rows) has no further one. A new value.
 */
json_t		*paging_next(const struct paging *, const struct db_query *,
		    int column_us, int column_id);

#endif
