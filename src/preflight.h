/*
 * What the machine must allow before the server starts, asked ahead of Kore,
 * whose own words for it do not say what to do.
 */
#ifndef LECTERN_PREFLIGHT_H
#define LECTERN_PREFLIGHT_H

#include <stddef.h>

/* Kore puts its configuration into /tmp. 0, or -1 with a sentence. */
int	preflight_folder(char *why, size_t why_len)
	    __attribute__((warn_unused_result));
/*
 * Whether a server may listen on that address and port; nothing is kept open.
 * 0, or -1 with a sentence.
 */
int	preflight_listen(const char *address, const char *port, char *why,
	    size_t why_len) __attribute__((warn_unused_result));

#endif
