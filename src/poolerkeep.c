/*
 *	configuration read -> file written -> PgBouncer started -> socket
 *	there, file removed -> its messages read -> ended -> (a pause) -> file
 *	written ...
 *
 * The file has mode 0600 in a directory of mode 0700 and is there for the
 * moment of a start only. PgBouncer is ended by the kernel when this process
 * dies.
 *
 * PgBouncer's messages name users and quote the database. They are not passed
 * on; the ones that mean something to an operator are said in our words.
 */
#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "poolerconf.h"
#include "poolerkeep.h"

#define POOLERKEEP_CONF_MAX	16384
#define POOLERKEEP_PATH_MAX	100	/* within that of a socket */
#define POOLERKEEP_START_MS	5000
#define POOLERKEEP_PAUSE_MAX_S	8
#define POOLERKEEP_LIFE_S	10	/* shorter: the next pause is doubled */
#define POOLERKEEP_SAY_AGAIN_S	60

static const char *const poolerkeep_programs[] = {
	"/usr/sbin/pgbouncer", "/usr/bin/pgbouncer",
	"/usr/local/bin/pgbouncer"
};

/* What PgBouncer says, and what it means. The first that fits counts. */
static const struct {
	const char	*words;
	const char	*meaning;
} poolerkeep_meanings[] = {
	{ "not present in server certificate",
	    "the certificate of the database is for another host" },
	{ "certificate", "the certificate of the database is not signed by "
	    "an authority that this machine trusts, or has expired" },
	{ "server refused SSL", "the database offers no TLS" },
	{ "TLS", "TLS with the database fails" },
	{ "password authentication failed",
	    "the database refuses the user or the password" },
	{ "SCRAM", "the database refuses the user or the password" },
	{ "no pg_hba.conf entry", "the database refuses this user or host" },
	{ "does not exist", "the database or its user does not exist" },
	{ "connection slots", "the database has no connection left" },
	{ "too many connections", "the database has no connection left" },
	{ "DNS", "the host of the database has no address" },
	{ "connect timeout", "the database does not answer in time" },
	{ "connect failed", "the database cannot be reached" },
	{ "query_wait_timeout", "the database does not answer in time" },
	{ "FATAL", "the database refuses connections" }
};

static volatile sig_atomic_t	poolerkeep_is_over;

static char	*poolerkeep_read(void);
static int	 poolerkeep_write(const char *, const char *);
static pid_t	 poolerkeep_run(const char *, int *);
static void	 poolerkeep_exec(const char *, int) __attribute__((noreturn));
static void	 poolerkeep_await(const char *, int);
static int	 poolerkeep_listens(const char *);
static void	 poolerkeep_hear(FILE *);
static void	 poolerkeep_say(const char *);
static void	 poolerkeep_once(const char *, const char *);
static void	 poolerkeep_stop(int);
static time_t	 poolerkeep_now(void);

const char *
poolerkeep_program(void)
{
	size_t	i;

	for (i = 0; i < sizeof(poolerkeep_programs) /
	    sizeof(poolerkeep_programs[0]); i++) {
		if (access(poolerkeep_programs[i], X_OK) == 0)
			return (poolerkeep_programs[i]);
	}

	return (NULL);
}

int
poolerkeep_main(const char *directory)
{
	struct sigaction	action;
	char			file[POOLERKEEP_PATH_MAX], *conf;
	char			socket_path[POOLERKEEP_PATH_MAX];
	time_t			pause = 0, since;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	memset(&action, 0, sizeof(action));
	action.sa_handler = poolerkeep_stop;	/* no SA_RESTART: waits end */
	(void)sigaction(SIGTERM, &action, NULL);
	if ((conf = poolerkeep_read()) == NULL)
		return (1);
	(void)snprintf(file, sizeof(file), "%s/pgbouncer.ini", directory);
	(void)snprintf(socket_path, sizeof(socket_path), "%s/.s.PGSQL.%d",
	    directory, POOLERCONF_PORT);

	while (!poolerkeep_is_over) {
		if (pause > 0)
			(void)sleep((unsigned int)pause);
		since = poolerkeep_now();
		(void)unlink(socket_path);
		if (!poolerkeep_is_over && poolerkeep_write(file, conf) == 0)
			poolerkeep_once(file, socket_path);
		pause = poolerkeep_now() - since >= POOLERKEEP_LIFE_S ? 0 :
		    pause == 0 ? 1 : pause * 2;
		if (pause > POOLERKEEP_PAUSE_MAX_S)
			pause = POOLERKEEP_PAUSE_MAX_S;
		if (!poolerkeep_is_over)
			log_event(LOG_LEVEL_ERROR,
			    "PgBouncer has ended and is started again");
	}

	(void)unlink(file);
	(void)unlink(socket_path);
	(void)rmdir(directory);
	explicit_bzero(conf, strlen(conf));
	free(conf);

	return (0);
}

/* One life of PgBouncer's, to its end or ours. */
static void
poolerkeep_once(const char *file, const char *socket_path)
{
	FILE	*messages;
	pid_t	 pid;
	int	 fd;

	if ((pid = poolerkeep_run(file, &fd)) == -1)
		return;
	if ((messages = fdopen(fd, "r")) != NULL) {
		poolerkeep_await(socket_path, fd);
		(void)unlink(file);
		while (!poolerkeep_is_over && !feof(messages))
			poolerkeep_hear(messages);
		(void)fclose(messages);
	}
	(void)kill(pid, SIGTERM);
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		continue;
}

static char *
poolerkeep_read(void)
{
	char	*conf;
	ssize_t	 len;

	if ((conf = calloc(1, POOLERKEEP_CONF_MAX)) == NULL)
		return (NULL);
	/* The offset is the parent's, and is where it stopped writing. */
	len = pread(POOLERKEEP_FD, conf, POOLERKEEP_CONF_MAX - 1, 0);
	(void)close(POOLERKEEP_FD);
	if (len <= 0) {
		free(conf);
		return (NULL);
	}

	return (conf);
}

static int
poolerkeep_write(const char *file, const char *conf)
{
	const size_t	len = strlen(conf);
	int		fd, ret = -1;

	(void)unlink(file);
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd != -1 && write(fd, conf, len) == (ssize_t)len)
		ret = 0;
	else
		log_event(LOG_LEVEL_ERROR,
		    "the configuration of PgBouncer cannot be written");
	if (fd != -1)
		(void)close(fd);

	return (ret);
}

/* Its process number, and where its messages can be read; or -1. */
static pid_t
poolerkeep_run(const char *file, int *messages)
{
	int	ends[2];
	pid_t	pid;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return (-1);
	if ((pid = fork()) == 0)
		poolerkeep_exec(file, ends[1]);
	(void)close(ends[1]);
	if (pid == -1) {
		(void)close(ends[0]);
		return (-1);
	}
	*messages = ends[0];

	return (pid);
}

static void
poolerkeep_exec(const char *file, int messages)
{
	const char	*program = poolerkeep_program();
	char		 name[] = "pgbouncer", argument[POOLERKEEP_PATH_MAX];
	char		*arguments[] = { name, argument, NULL };
	char		*environment[] = { NULL };

	(void)snprintf(argument, sizeof(argument), "%s", file);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)signal(SIGTERM, SIG_DFL);
	if (program != NULL && dup2(messages, STDERR_FILENO) != -1 &&
	    dup2(messages, STDOUT_FILENO) != -1)
		(void)execve(program, arguments, environment);
	_exit(1);
}

/* Until the socket is there; what is said meanwhile is heard later. */
static void
poolerkeep_await(const char *path, int fd)
{
	struct pollfd	end = { .fd = fd, .events = 0 };
	int		waited;

	for (waited = 0; waited < POOLERKEEP_START_MS; waited += 10) {
		/* POLLHUP: it has ended already */
		if (poolerkeep_listens(path) || poolerkeep_is_over ||
		    poll(&end, 1, 10) != 0)
			return;
	}
}

static int
poolerkeep_listens(const char *path)
{
	struct sockaddr_un	address = { .sun_family = AF_UNIX };
	int			fd, is_there;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return (0);
	is_there = connect(fd, (const struct sockaddr *)&address,
	    sizeof(address)) == 0;
	(void)close(fd);

	return (is_there);
}

static void
poolerkeep_hear(FILE *messages)
{
	char	line[1024];

	if (fgets(line, sizeof(line), messages) == NULL) {
		if (errno == EINTR && !feof(messages))
			clearerr(messages);
		return;
	}
	poolerkeep_say(line);
}

static void
poolerkeep_say(const char *line)
{
	static const char	*said;
	static time_t		 at;
	size_t			 i;

	for (i = 0; i < sizeof(poolerkeep_meanings) /
	    sizeof(poolerkeep_meanings[0]); i++) {
		if (strstr(line, poolerkeep_meanings[i].words) == NULL)
			continue;
		if (said == poolerkeep_meanings[i].meaning &&
		    poolerkeep_now() - at < POOLERKEEP_SAY_AGAIN_S)
			return;
		said = poolerkeep_meanings[i].meaning;
		at = poolerkeep_now();
		log_event(LOG_LEVEL_WARN, "pooler: %s", said);
		return;
	}
}

static void
poolerkeep_stop(int signal_number)
{
	(void)signal_number;
	poolerkeep_is_over = 1;
}

static time_t
poolerkeep_now(void)
{
	struct timespec	now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);

	return (now.tv_sec);
}
