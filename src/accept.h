/*
 * Which of several offers a client likes best, by the weights of its
 * Accept-Encoding or Accept-Language (RFC 9110, 12.4 and 12.5).
 */
#ifndef LECTERN_ACCEPT_H
#define LECTERN_ACCEPT_H

#include <stddef.h>

/*
 * Index of the best of `offers` (names in lower case; of equals the first
 * counts), or -1 when the header, which may be NULL, takes none of them. An
 * offer is meant by its own name, by "*", and, for languages, by a name that
 * goes on with "-": "de" is what somebody gets who asks for "de-AT".
 */
int	accept_choose(const char *header, const char *const *offers,
	    size_t offers_len);

#endif
