/*
 * A request's body as it arrives: how large it may be, and where it goes.
 * Its memory is the request's http_body and freed with the request.
 */
#ifndef LECTERN_EDGEBODY_H
#define LECTERN_EDGEBODY_H

#include <sys/types.h>

#include <kore/kore.h>
#include <kore/http.h>

/* The largest body that the request's route accepts, in bytes. */
size_t		 edgebody_limit(const struct http_request *);
/*
 * 1 for a body of so many bytes that is not worth reading: it is large, its
 * route is for people who are signed in, and the request names nobody.
 */
int		 edgebody_is_vain(struct http_request *, u_int64_t announced);
/* Bytes that have arrived. */
size_t		 edgebody_len(const struct http_request *);
/* Whether `more` bytes fit into the memory that it has. */
int		 edgebody_has_room(const struct http_request *, size_t more);
/*
 * Where the next bytes go. At least `more` of `announced` in all fit; `room`
 * is how many do.
 */
u_int8_t	*edgebody_room(struct http_request *, size_t announced,
		    size_t more, size_t *room);
/* So many bytes have been written there. */
void		 edgebody_add(struct http_request *, size_t);

#endif
