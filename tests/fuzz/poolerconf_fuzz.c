/* links: src/poolerconf.c src/buffer.c */
/*
 * Whatever stands in DATABASE_URL: the configuration written for PgBouncer has
 * exactly the lines that it should have, and the values read back from the
 * connection string are the ones given.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "poolerconf.h"

#define FIELDS	10		/* the values that are not ours */

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int is_true)
{
	if (!is_true)
		abort();
}

/* Reads one quoted value as PgBouncer does; returns what stands behind it. */
static const char *
read_pair(const char *p, const char *name, const char *value)
{
	check(*p++ == ' ');
	check(strncmp(p, name, strlen(name)) == 0);
	p += strlen(name);
	check(*p++ == '=' && *p++ == '\'');
	for (;; p++, value++) {
		if (p[0] == '\'' && p[1] != '\'')
			break;
		if (p[0] == '\'')
			p++;
		check(*p == *value && *value != '\0');
	}
	check(*value == '\0');

	return (p + 1);
}

static size_t
count(const char *text, char wanted)
{
	size_t	n = 0;

	for (; *text != '\0'; text++)
		n += *text == wanted;

	return (n);
}

static void
check_text(const struct poolerconf *c, const char *text, size_t fixed)
{
	static const char	 head[] = "[databases]\nlectern =";
	const char		*p = text + strlen(head);
	size_t			 optional = (c->sslmode != NULL) +
				    (c->sslrootcert != NULL) +
				    (c->sslcert != NULL) + (c->sslkey != NULL);

	check(strncmp(text, head, strlen(head)) == 0);
	p = read_pair(p, "host", c->host);
	if (c->port != NULL)
		p = read_pair(p, "port", c->port);
	p = read_pair(p, "dbname", c->dbname != NULL ? c->dbname : c->user);
	p = read_pair(p, "user", c->user);
	if (c->password != NULL)
		p = read_pair(p, "password", c->password);
	check(*p == '\n' || strncmp(p, " connect_query='", 16) == 0);
	check(count(text, '\n') == fixed + optional);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static size_t		 fixed;
	const struct poolerconf	 plain = { .host = "h", .user = "u",
				    .directory = "/d", .servers_max = 1 };
	struct poolerconf	 c = { .directory = "/tmp/d",
				    .servers_max = 8 };
	const char		**fields[FIELDS] = { &c.host, &c.user, &c.port,
				    &c.dbname, &c.password, &c.sslmode,
				    &c.sslrootcert, &c.sslcert, &c.sslkey,
				    &c.connect_timeout };
	struct buffer		 out;
	char			 why[256], *text, *p;
	size_t			 i;

	if (fixed == 0) {
		buffer_init(&out);
		check(poolerconf_write(&plain, &out, why, sizeof(why)) == 0);
		buffer_add(&out, "", 1);
		fixed = count(out.data, '\n');
		buffer_free(&out);
	}
	text = calloc(1, size + 1);
	check(text != NULL);
	memcpy(text, data, size);
	/* Values end with NUL; an empty one is none. */
	for (i = 0, p = text; i < FIELDS && p < text + size; i++) {
		if (*p != '\0')
			*fields[i] = p;
		p += strlen(p) + 1;
	}

	buffer_init(&out);
	if (poolerconf_write(&c, &out, why, sizeof(why)) == 0) {
		buffer_add(&out, "", 1);
		check_text(&c, out.data, fixed);
	} else {
		check(why[0] != '\0' && strlen(why) < sizeof(why));
	}
	buffer_free(&out);
	free(text);

	return (0);
}
