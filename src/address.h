/*
 * E-mail addresses as accounts store them.
 */
#ifndef LECTERN_ADDRESS_H
#define LECTERN_ADDRESS_H

#include "request.h"

#define ADDRESS_MAX	255	/* bytes, as users.email holds */

/*
 * Lower case of an address into `out`. 1, or 0 when the address is too long
 * or breaks the rule `email` of kore.conf (ASCII only, so that lower case is
 * ASCII's).
 */
int	address_read(struct request *, const char *,
	    char out[ADDRESS_MAX + 1]);

#endif
