/*
 * The parent's side: DATABASE_URL -> configuration -> memory file, directory
 * of the socket -> a keeper (poolerkeep.c), which reads the file and runs
 * PgBouncer.
 *
 * The password stands in the memory file and nowhere in an argument or an
 * environment.
 */
#include <sys/types.h>
#include <sys/mman.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "conninfo.h"
#include "keeper.h"
#include "pooler.h"
#include "poolerconf.h"
#include "poolerkeep.h"

#define POOLER_DIRECTORY	"/tmp/lectern-pooler-XXXXXX"
#define POOLER_DIRECTORY_MAX	64
#define POOLER_TRIES		100	/* of 2 ms */

/* Settings of libpq's that cannot be handed on, and change who is trusted. */
static const char *const pooler_refused[] = {
	"hostaddr", "passfile", "replication", "requirepeer", "service",
	"sslcrl", "sslcrldir", "sslpassword"
};

static int		 pooler_fd = -1;	/* of the parent */
static char		 pooler_directory[POOLER_DIRECTORY_MAX];
static char		 pooler_console_info[POOLER_DIRECTORY_MAX + 128];

static int		 pooler_settings(PQconninfoOption *,
			    struct poolerconf *, char *, size_t);
static int		 pooler_prepare(const struct poolerconf *, char *,
			    size_t);
static void		 pooler_become(void);
static void		 pooler_await(void);

enum pooler_result
pooler_start(const char *conninfo, unsigned int servers_max, char **pooled,
    char *why, size_t why_size)
{
	struct poolerconf	 settings;
	PQconninfoOption	*options;
	enum pooler_result	 result = POOLER_FAILED;

	if ((options = PQconninfoParse(conninfo, NULL)) == NULL) {
		(void)snprintf(why, why_size, "DATABASE_URL is not an address "
		    "that libpq understands.");
		return (POOLER_FAILED);
	}
	memset(&settings, 0, sizeof(settings));
	settings.servers_max = servers_max;
	settings.directory = pooler_directory;
	switch (pooler_settings(options, &settings, why, why_size)) {
	case 0:
		result = POOLER_UNNEEDED;
		break;
	case 1:
		if (poolerkeep_program() == NULL)
			result = POOLER_MISSING;
		else if (pooler_prepare(&settings, why, why_size) == 0 &&
		    asprintf(pooled, "host='%s' port='%d' dbname='%s' "
		    "user='%s' application_name='lectern' "
		    "connect_timeout='12' gssencmode='disable'",
		    pooler_directory, POOLERCONF_PORT, POOLERCONF_DATABASE,
		    POOLERCONF_DATABASE) != -1)
			result = POOLER_STARTED;
		break;
	}
	PQconninfoFree(options);

	return (result);
}

const char *
pooler_console(void)
{
	return (pooler_console_info[0] == '\0' ? NULL : pooler_console_info);
}

/* 1: a database on a network; 0: it is not; -1: what is wrong is in `why`. */
static int
pooler_settings(PQconninfoOption *options, struct poolerconf *c, char *why,
    size_t why_size)
{
	const struct {
		const char	 *name;
		const char	**value;
	} wanted[] = {
		{ "host", &c->host }, { "port", &c->port },
		{ "dbname", &c->dbname }, { "user", &c->user },
		{ "password", &c->password }, { "sslmode", &c->sslmode },
		{ "sslrootcert", &c->sslrootcert }, { "sslcert", &c->sslcert },
		{ "sslkey", &c->sslkey },
		{ "connect_timeout", &c->connect_timeout }
	};
	const PQconninfoOption	*o;
	size_t			 i;

	for (o = options; o->keyword != NULL; o++) {
		for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
			if (strcmp(o->keyword, wanted[i].name) == 0)
				*wanted[i].value = o->val;
		}
	}
	if (c->host == NULL || *c->host == '\0' || *c->host == '/' ||
	    *c->host == '@')
		return (0);
	if (strchr(c->host, ',') != NULL) {
		(void)snprintf(why, why_size, "DATABASE_URL names several "
		    "hosts; PgBouncer would take them for equals. Name one.");
		return (-1);
	}
	if (c->user == NULL)
		c->user = getenv("PGUSER");
	if (c->password == NULL)
		c->password = getenv("PGPASSWORD");
	if (c->sslmode == NULL)
		c->sslmode = "prefer";
	for (o = options; o->keyword != NULL; o++) {
		for (i = 0; i < sizeof(pooler_refused) /
		    sizeof(pooler_refused[0]); i++) {
			if (o->val != NULL &&
			    strcmp(o->keyword, pooler_refused[i]) == 0)
				break;
		}
		if (i == sizeof(pooler_refused) / sizeof(pooler_refused[0]) &&
		    (strcmp(o->keyword, "options") != 0 || o->val == NULL ||
		    conninfo_is_ours(o->val)))
			continue;
		(void)snprintf(why, why_size, "DATABASE_URL sets %s, which "
		    "PgBouncer does not pass on; leave it out.", o->keyword);
		return (-1);
	}

	return (1);
}

static int
pooler_prepare(const struct poolerconf *settings, char *why, size_t why_size)
{
	struct buffer	conf;
	int		ret = -1;

	buffer_init(&conf);
	(void)snprintf(why, why_size, "A directory for PgBouncer cannot be "
	    "made in /tmp.");
	(void)snprintf(pooler_directory, sizeof(pooler_directory),
	    POOLER_DIRECTORY);
	if (mkdtemp(pooler_directory) != NULL &&
	    poolerconf_write(settings, &conf, why, why_size) == 0) {
		(void)snprintf(why, why_size,
		    "PgBouncer cannot be started on this machine.");
		pooler_fd = memfd_create("pooler", MFD_CLOEXEC);
		if (!conf.has_failed && pooler_fd != -1 &&
		    write(pooler_fd, conf.data, conf.len) ==
		    (ssize_t)conf.len && keeper_start(pooler_become) == 0) {
			pooler_await();
			ret = 0;
		}
	}
	if (conf.data != NULL)
		explicit_bzero(conf.data, conf.len);
	buffer_free(&conf);
	if (ret == 0)
		(void)snprintf(pooler_console_info,
		    sizeof(pooler_console_info), "host='%s' port='%d' "
		    "dbname='pgbouncer' user='pgbouncer' connect_timeout='2' "
		    "gssencmode='disable'", pooler_directory, POOLERCONF_PORT);
	else
		(void)rmdir(pooler_directory);

	return (ret);
}

/*
 * Until the socket is there, or it takes too long: the first to connect would
 * complain about a database that is only about to be there.
 */
static void
pooler_await(void)
{
	const struct timespec	pause = { .tv_nsec = 2000000 };
	char			path[POOLER_DIRECTORY_MAX + 32];
	int			tries;

	(void)snprintf(path, sizeof(path), "%s/.s.PGSQL.%d", pooler_directory,
	    POOLERCONF_PORT);
	for (tries = 0; tries < POOLER_TRIES && access(path, F_OK) != 0;
	    tries++)
		(void)nanosleep(&pause, NULL);
}

/* In the forked child: this program again, with nothing but what it needs. */
static void
pooler_become(void)
{
	char	name[] = "lectern", command[] = "pooler";
	char	*arguments[] = { name, command, pooler_directory, NULL };
	char	*environment[] = { NULL };

	/* dup2() onto itself would leave it to be closed by execve(). */
	if (pooler_fd == POOLERKEEP_FD ?
	    fcntl(pooler_fd, F_SETFD, 0) == -1 :
	    dup2(pooler_fd, POOLERKEEP_FD) == -1)
		return;
	if (close_range(POOLERKEEP_FD + 1, ~0U, 0) == -1)
		return;
	(void)execve("/proc/self/exe", arguments, environment);
}
