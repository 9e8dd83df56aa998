/*
 * The parameters of a statement as libpq takes them, copied, so that a query
 * can wait for its connection longer than its asker's stack lasts.
 */
#ifndef LECTERN_DBVALUES_H
#define LECTERN_DBVALUES_H

#include "db.h"

#define DB_PARAMS_MAX	20

/* libpq's three arrays and the bytes, in one allocation; free() ends it. */
struct db_values {
	int		 count;
	size_t		 size;			/* bytes of them all */
	const char	*text[DB_PARAMS_MAX];	/* NULL: null */
	int		 lengths[DB_PARAMS_MAX]; /* of binary ones */
	int		 formats[DB_PARAMS_MAX]; /* 1: binary */
	char		 bytes[];
};

/* Never NULL: without memory the program ends. */
struct db_values	*dbvalues_copy(const struct db_param *, size_t);

#endif
