/* links: src/confcheck.c src/confword.c */
/* Any file as kore.conf: it is good, or one sentence says where it is not. */
#include <sys/mman.h>

#include <stdio.h>
#include <unistd.h>

#include "confcheck.h"
#include "fuzz.h"

static int
is_handler(const char *name)
{
	return (name[0] != 'x');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	path[64], why[200];
	int	fd = memfd_create("kore.conf", 0);

	check(fd != -1 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	memset(why, 'x', sizeof(why));
	if (confcheck_file(path, is_handler, why, sizeof(why)) == -1)
		check(memchr(why, '\0', sizeof(why)) != NULL &&
		    strlen(why) > strlen(path) &&
		    strncmp(why, path, strlen(path)) == 0);
	close(fd);

	return (0);
}
