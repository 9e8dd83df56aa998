/*
 * The input of one connection: bytes read from its socket and not used yet.
 * An idle connection holds no memory: reading goes into a buffer shared by
 * all, and only what is left at the end of a turn is copied.
 */
#ifndef LECTERN_INBUF_H
#define LECTERN_INBUF_H

#include <sys/types.h>

#include <kore/kore.h>

/* At most so many unused bytes; more than the largest header block. */
#define INBUF_MAX	65536

struct inbuf {
	struct connection	*c;
	u_int8_t		*buf;	/* NULL while len is 0 */
	size_t			 len;
	size_t			 size;
	size_t			 scanned; /* by the user; 0 after consuming */
	size_t			 budget; /* may be read in this turn */
	int			 is_peer_done; /* the FIN is in sight */
	int			 is_eof; /* and has been read */
};

/* Once per worker. */
void	inbuf_init(void);

/*
 * Every turn of one connection lies between these two, and no other
 * connection's turn does. inbuf_stop() returns whether there is more to read
 * than this turn allowed.
 */
void	inbuf_start(struct inbuf *);
int	inbuf_stop(struct inbuf *);

/*
 * All three return the number of bytes read. 0: nothing there now, or is_eof,
 * or the turn's budget is used up, or the connection has been given up. Into
 * the buffer; into memory of the caller's; to nowhere.
 */
size_t	inbuf_fill(struct inbuf *);
size_t	inbuf_recv(struct inbuf *, void *, size_t);
size_t	inbuf_discard(struct inbuf *);

/* Drops the first bytes; the memory too, when none are left. */
void	inbuf_consume(struct inbuf *, size_t);

/*
 * Kore has reported trouble. 1 when it is no more than the end of the client's
 * sending, which leaves the other direction open (is_peer_done is set).
 */
int	inbuf_half_closed(struct inbuf *);

#endif
