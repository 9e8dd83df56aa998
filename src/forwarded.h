/*
 * Who asks, by the X-Forwarded-For of the proxies in front.
 */
#ifndef LECTERN_FORWARDED_H
#define LECTERN_FORWARDED_H

#define FORWARDED_MAX	46	/* bytes with NUL, INET6_ADDRSTRLEN */

/*
 * The address that stands at the `hops`-th place (1 or more) from the right in
 * the header's value; further left anything may have been invented by the
 * client. In a shorter list it is the leftmost one. Into `out` as inet_ntop()
 * spells it, without port. 1, or 0 when no address stands there.
 */
int	forwarded_client(const char *list, int hops, char out[FORWARDED_MAX]);

#endif
