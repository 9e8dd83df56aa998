/*
 * Trials of what the start needs. Between a trial and Kore's own attempt
 * somebody else may be faster; then Kore's words have to do.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preflight.h"

static void	preflight_why(const char *, const char *, char *, size_t);

int
preflight_folder(char *why, size_t why_len)
{
	char	name[] = "/tmp/lectern.XXXXXX";
	int	fd;

	if ((fd = mkstemp(name)) != -1) {
		(void)unlink(name);
		(void)close(fd);
		return (0);
	}
	(void)snprintf(why, why_len, "The folder /tmp cannot be written (%s); "
	    "the program needs it to start. In a container, mount a tmpfs "
	    "there.", strerror(errno));

	return (-1);
}

int
preflight_listen(const char *address, const char *port, char *why,
    size_t why_len)
{
	const struct addrinfo	 hints = { .ai_socktype = SOCK_STREAM,
				    .ai_flags = AI_NUMERICHOST |
				    AI_NUMERICSERV };
	struct addrinfo		*found;
	int			 fd, on = 1, is_free;

	if (getaddrinfo(address, port, &hints, &found) != 0) {
		(void)snprintf(why, why_len, "\"%s\" is no address to listen "
		    "on; BIND_ADDRESS must be one such as 127.0.0.1.",
		    address);
		return (-1);
	}
	fd = socket(found->ai_family, SOCK_STREAM, 0);
	is_free = fd != -1 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof(on)) == 0 &&
	    bind(fd, found->ai_addr, found->ai_addrlen) == 0 &&
	    listen(fd, 1) == 0;
	if (!is_free)
		preflight_why(address, port, why, why_len);
	if (fd != -1)
		(void)close(fd);
	freeaddrinfo(found);

	return (is_free ? 0 : -1);
}

static void
preflight_why(const char *address, const char *port, char *why,
    size_t why_len)
{
	switch (errno) {
	case EADDRINUSE:
		(void)snprintf(why, why_len, "Port %s is taken by another "
		    "program; stop that one, or choose another port by PORT.",
		    port);
		break;
	case EACCES:
		(void)snprintf(why, why_len, "Port %s is not for ordinary "
		    "users; choose one from 1024 on by PORT.", port);
		break;
	case EADDRNOTAVAIL:
		(void)snprintf(why, why_len, "%s is no address of this "
		    "machine; choose another by BIND_ADDRESS.", address);
		break;
	default:
		(void)snprintf(why, why_len, "The server cannot listen on %s, "
		    "port %s: %s.", address, port, strerror(errno));
	}
}
