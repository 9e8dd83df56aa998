/* links: src/conninfo.c src/buffer.c -I/usr/include/postgresql -lpq */
/*
 * Any DATABASE_URL: refused with a sentence without its secrets, or made into
 * what libpq reads, with a verified certificate for everything remote.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "conninfo.h"
#include "log.h"

#define SECRET	"s3cr3t-w0rd"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The program's log, here silent. */
void
log_event(enum log_level level, const char *format, ...)
{
	(void)level;
	(void)format;
}

static void
check(int is_true)
{
	if (!is_true)
		abort();
}

static const char *
value_of(const PQconninfoOption *options, const char *name)
{
	for (; options->keyword != NULL; options++)
		if (strcmp(options->keyword, name) == 0)
			return (options->val);

	return (NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char	 head[] = "postgresql://u:" SECRET "@";
	PQconninfoOption	*options;
	const char		*host, *mode;
	char			 why[512], *url, *made;

	url = calloc(1, sizeof(head) + size);
	check(url != NULL);
	memcpy(url, head, sizeof(head) - 1);
	memcpy(url + sizeof(head) - 1, data, size);
	if ((made = conninfo_make(url, why, sizeof(why))) == NULL) {
		check(why[0] != '\0' && strstr(why, SECRET) == NULL);
	} else {
		options = PQconninfoParse(made, NULL);
		check(options != NULL);
		host = value_of(options, "host");
		mode = value_of(options, "sslmode");
		if (host != NULL && strcmp(host, "db.example.org") == 0)
			check(mode != NULL &&
			    strcmp(mode, "verify-full") == 0);
		PQconninfoFree(options);
	}
	free(made);
	free(url);

	return (0);
}
