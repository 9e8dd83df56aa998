/*
 * SQLSTATE to error, by class (its first two letters) or in full. Whatever
 * the table does not name is a defect of ours.
 */
#include <stddef.h>
#include <string.h>

#include "sqlstate.h"

static const struct {
	const char	*prefix;
	enum error_id	 error;
} sqlstate_table[] = {
	/* connection lost or refused; PgBouncer says 08P01 to all it refuses */
	{ "08", ERROR_DATABASE },
	{ "28", ERROR_DATABASE },	/* it does not let us in */
	{ "3D", ERROR_DATABASE },	/* the database is not there (yet) */
	{ "53", ERROR_DATABASE },	/* no memory, disk or connection left */
	{ "57P0", ERROR_DATABASE },	/* shutting down, starting up */
	{ "57014", ERROR_DATABASE },	/* took longer than we allow */
	{ "25006", ERROR_DATABASE },	/* read-only: a fail-over under way */
	{ "40", ERROR_BUSY },		/* lost against another transaction */
	{ "55P03", ERROR_BUSY },	/* a lock was not to be had in time */
	{ "23503", ERROR_NOT_FOUND },	/* what it belongs to has just gone */
};

enum error_id
sqlstate_error(const char *state)
{
	size_t	i;

	if (state == NULL || state[0] == '\0')
		return (ERROR_DATABASE);
	for (i = 0; i < sizeof(sqlstate_table) / sizeof(sqlstate_table[0]);
	    i++) {
		if (strncmp(state, sqlstate_table[i].prefix,
		    strlen(sqlstate_table[i].prefix)) == 0)
			return (sqlstate_table[i].error);
	}

	return (ERROR_INTERNAL);
}
