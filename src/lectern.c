/*
 * Start and stop: the command line, the environment, Kore's hooks.
 *
 *	lectern COMMAND ...	runs here and exits (table below)
 *	lectern -fnr		the server: Kore reads kore.conf, forks workers
 *
 * In the parent, before kore.conf is read: environment checked, keys derived.
 * When it has been read: PORT and WORKERS applied, routes taken over. In each
 * worker: layers set up, then the schema is brought up to date on a thread,
 * as often as it takes; after a first failure, and until it succeeds,
 * everything but pages and /health is 503.
 */
#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kore/kore.h>
#include <kore/http.h>
#include <kore/hooks.h>

#include "answer.h"
#include "answerfollow.h"
#include "answerlog.h"
#include "asset.h"
#include "check.h"
#include "config.h"
#include "conninfo.h"
#include "db.h"
#include "drain.h"
#include "edge.h"
#include "embedder.h"
#include "export.h"
#include "extraction.h"
#include "extractor.h"
#include "housekeeping.h"
#include "indexer.h"
#include "ingest.h"
#include "job.h"
#include "letter.h"
#include "log.h"
#include "mailer.h"
#include "metrics.h"
#include "migrate.h"
#include "ops.h"
#include "passlist.h"
#include "pooler.h"
#include "poolerfigures.h"
#include "poolerkeep.h"
#include "preflight.h"
#include "route.h"
#include "token.h"
#include "user.h"
#include "vectors.h"

#define LECTERN_TICK_MS		100
#define LECTERN_RETRY_MS	1000	/* between attempts to migrate */
#define LECTERN_WHY_MAX		512
/* Memory blocks of this size go back to the system as soon as freed. */
#define LECTERN_MMAP_THRESHOLD	(256 * 1024)
/* Kore looks at every possible descriptor when a worker starts. */
#define LECTERN_FILES_MAX	65536
/* Connections of a worker's threads, beside those of its event loop. */
#define LECTERN_THREAD_CONNECTIONS	4

/* One attempt to bring the schema up to date, on a job thread. */
struct lectern_migration {
	int		result;
	struct takeover	takeover;
	char		why[LECTERN_WHY_MAX];
};

static char	*lectern_conninfo;
static char	 lectern_last_why[LECTERN_WHY_MAX];

static int	command_check(int, char **);
static int	command_migrate(int, char **);
static int	command_ingest(int, char **);
static int	command_user(int, char **);
static int	command_health(int, char **);
static int	command_version(int, char **);
static int	command_help(int, char **);
static void	lectern_command(int, char **);
static void	lectern_usage(FILE *);
static int	lectern_answers(const char *);
static void	lectern_configure(int);
static void	lectern_extractor(int);
static void	lectern_pooler(void);
static void	lectern_die(const char *) __attribute__((noreturn));
static void	lectern_descriptors(void);
static void	lectern_tick(void *, u_int64_t);
static void	lectern_migrate(void *, u_int64_t);
static void	lectern_migrate_work(void *);
static void	lectern_migrate_done(void *, void *);

int	__wrap_kore_server_bind(struct kore_server *, const char *,
	    const char *, const char *);
int	__real_kore_server_bind(struct kore_server *, const char *,
	    const char *, const char *);
void	__wrap_kore_worker_init(void);
void	__real_kore_worker_init(void);
void	__wrap_kore_mem_cleanup(void);
void	__real_kore_mem_cleanup(void);

static const struct {
	const char	*name;
	const char	*arguments;
	int		(*run)(int, char **);
} lectern_commands[] = {
	{ "migrate", "", command_migrate },
	{ "check", "", command_check },
	{ "ingest", "[--shared] [--user EMAIL] PATH...", command_ingest },
	{ "user", "list | add EMAIL | admin EMAIL | disable EMAIL | ...",
	    command_user },
	{ "health", "", command_health },
	{ "version", "", command_version },
	{ "help", "", command_help }
};
#define LECTERN_COMMANDS						\
	(sizeof(lectern_commands) / sizeof(lectern_commands[0]))

void
kore_parent_configure(int argc, char **argv)
{
	struct rlimit	limit;
	char		why[LECTERN_WHY_MAX];

	/*
	 * glibc would raise this to the size of the first large document freed,
	 * and keep all later ones in its heap.
	 */
	(void)mallopt(M_MMAP_THRESHOLD, LECTERN_MMAP_THRESHOLD);
	/* Kore prints without flushing; each line should appear at once. */
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)umask(S_IRWXG | S_IRWXO);
	if (argc == 2 && strcmp(argv[1], "extractor") == 0)
		exit(extraction_main());
	if (argc == 3 && strcmp(argv[1], "pooler") == 0)
		exit(poolerkeep_main(argv[2]));
	if (argc > 1 && (argv[1][0] != '-' || strcmp(argv[1], "--help") == 0))
		lectern_command(argc - 1, argv + 1);

	kore_default_getopt(argc, argv);
	lectern_configure(1);
	if (asset_init(why, sizeof(why)) == -1)
		lectern_die(why);
	if (route_check(why, sizeof(why)) == -1 ||
	    preflight_folder(why, sizeof(why)) == -1)
		lectern_die(why);
	if (config.password_list != NULL &&
	    passlist_read(config.password_list, why, sizeof(why)) == -1)
		lectern_die(why);
	if (token_init(config.secret_key, config.secret_key_old) == -1)
		lectern_die("libsodium does not start on this machine.");
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_cur > LECTERN_FILES_MAX) {
		limit.rlim_cur = LECTERN_FILES_MAX;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/*
 * `bind` in kore.conf: PORT and BIND_ADDRESS win over what stands there. Two
 * servers of one machine differ in their ports, hence the name of the pid
 * file, unless kore.conf gives one.
 */
int
__wrap_kore_server_bind(struct kore_server *server, const char *ip,
    const char *port, const char *callback)
{
	char	pidfile[64], why[LECTERN_WHY_MAX];

	if (config.port != NULL)
		port = config.port;
	if (config.bind != NULL)
		ip = config.bind;
	if (preflight_listen(ip, port, why, sizeof(why)) == -1)
		lectern_die(why);
	if (strcmp(kore_pidfile, KORE_PIDFILE_DEFAULT) == 0) {
		(void)snprintf(pidfile, sizeof(pidfile),
		    "/tmp/lectern-%s.pid", port);
		kore_pidfile = kore_strdup(pidfile);
	}

	return (__real_kore_server_bind(server, ip, port, callback));
}

/* The last moment before the workers are forked: kore.conf has been read. */
void
__wrap_kore_worker_init(void)
{
	if (config.workers != 0)
		worker_count = (u_int16_t)config.workers;
	route_init();
	metrics_init(migrate_version());
	lectern_pooler();
	lectern_extractor(1);
	__real_kore_worker_init();
}

void
kore_worker_configure(void)
{
	/*
	 * Kore's workers notice the end of the parent by a pipe, whose other
	 * end the workers forked later hold as well: killed, it would leave
	 * them behind. This lets them drain.
	 */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	lectern_descriptors();
	metrics_worker();
	job_init();
	db_init(lectern_conninfo, pooler_console() == NULL);
	export_init(lectern_conninfo);
	edge_init();
	answer_init();
	answerlog_init();
	answerfollow_init();
	drain_init();
	ops_init();
	poolerfigures_init(pooler_console());
	kore_timer_add(lectern_tick, LECTERN_TICK_MS, NULL, 0);
	lectern_migrate(NULL, 0);
}

/*
 * A worker that lacks the descriptor for the next connection would be told of
 * that connection without end, and could not reach the database or the model
 * for those it has. Half of what the machine allows is for connections.
 */
static void
lectern_descriptors(void)
{
	struct rlimit	limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    worker_max_connections > limit.rlim_cur / 2)
		worker_max_connections = (u_int32_t)(limit.rlim_cur / 2);
}

static void
lectern_tick(void *unused, u_int64_t now)
{
	(void)unused;
	db_tick(now);
	drain_tick(now);
	log_flush();
}

void
kore_worker_teardown(void)
{
	log_flush();
}

/*
 * The last thing that a worker does; its connections are closed by now. A job
 * that still runs on a thread is left where it is: the memory that Kore would
 * unmap here holds the thread's own state.
 */
void
__wrap_kore_mem_cleanup(void)
{
	if (worker != NULL)
		_exit(0);
	__real_kore_mem_cleanup();
}

/* ---- the schema ---- */

static void
lectern_migrate(void *unused, u_int64_t now)
{
	struct lectern_migration	*attempt;

	(void)unused;
	(void)now;
	if ((attempt = calloc(1, sizeof(*attempt))) == NULL ||
	    job_start(JOB_LONG, lectern_migrate_work, attempt,
	    lectern_migrate_done, NULL) == NULL) {
		free(attempt);
		kore_timer_add(lectern_migrate, LECTERN_RETRY_MS, NULL,
		    KORE_TIMER_ONESHOT);
	}
}

static void
lectern_migrate_work(void *arg)
{
	struct lectern_migration	*attempt = arg;

	attempt->result = migrate_run(lectern_conninfo,
	    &attempt->takeover, attempt->why, sizeof(attempt->why));
}

static void
lectern_migrate_done(void *arg, void *unused)
{
	struct lectern_migration	*attempt = arg;

	(void)unused;
	if (attempt->result == 0) {
		db_open();
		indexer_init(lectern_conninfo);
		vectors_start();
		embedder_start(lectern_conninfo);
		mailer_init();
		housekeeping_init();
		if (attempt->takeover.taken > 0)
			log_event(LOG_LEVEL_INFO, "schema: %" PRId64
			    " accounts were taken over",
			    attempt->takeover.taken);
	} else {
		db_shut();
		/* Said once, not at every attempt. */
		if (strcmp(attempt->why, lectern_last_why) != 0) {
			log_event(LOG_LEVEL_ERROR, "schema: %s", attempt->why);
			(void)kore_strlcpy(lectern_last_why, attempt->why,
			    sizeof(lectern_last_why));
		}
		kore_timer_add(lectern_migrate, LECTERN_RETRY_MS, NULL,
		    KORE_TIMER_ONESHOT);
	}
	free(attempt);
}

/* ---- commands ---- */

static void
lectern_command(int argc, char **argv)
{
	const char	*name = argv[0];
	size_t		 i;

	if (strcmp(name, "--help") == 0)
		name = "help";
	for (i = 0; i < LECTERN_COMMANDS; i++) {
		if (strcmp(name, lectern_commands[i].name) == 0)
			exit(lectern_commands[i].run(argc, argv));
	}
	(void)fprintf(stderr, "lectern: there is no command \"%s\". "
	    "There are:\n\n", name);
	lectern_usage(stderr);
	exit(2);
}

static void
lectern_usage(FILE *out)
{
	size_t	i;

	(void)fprintf(out, "\tlectern -fnr\n");
	for (i = 0; i < LECTERN_COMMANDS; i++)
		(void)fprintf(out, "\tlectern %s%s%s\n",
		    lectern_commands[i].name,
		    lectern_commands[i].arguments[0] == '\0' ? "" : " ",
		    lectern_commands[i].arguments);
}

static int
command_help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	(void)printf("usage:\n");
	lectern_usage(stdout);

	return (0);
}

static int
command_migrate(int argc, char **argv)
{
	struct takeover	takeover;
	char		why[LECTERN_WHY_MAX];

	(void)argc;
	(void)argv;
	lectern_configure(0);
	if (migrate_run(lectern_conninfo, &takeover, why, sizeof(why)) == -1)
		lectern_die(why);
	if (takeover.taken + takeover.left_out > 0)
		(void)printf("%" PRId64 " accounts were taken over, %" PRId64
		    " left out.\n", takeover.taken, takeover.left_out);
	(void)printf("The database is at schema version %d.\n",
	    migrate_version());

	return (0);
}

/* A server on this machine then looks for what has no vectors yet. */
static int
command_ingest(int argc, char **argv)
{
	int	ret;

	lectern_configure(0);
	lectern_extractor(0);
	ret = ingest_main(lectern_conninfo, argc, argv);
	if (config.embed_url != NULL)
		(void)lectern_answers("/ready");

	return (ret);
}

static int
command_check(int argc, char **argv)
{
	(void)argc;
	(void)argv;

	return (check_main());
}

/* A running server looks at its outbox when it is asked for /ready. */
static int
command_user(int argc, char **argv)
{
	int	ret;

	lectern_configure(1);
	if (token_init(config.secret_key, config.secret_key_old) == -1)
		lectern_die("libsodium does not start on this machine.");
	ret = user_main(lectern_conninfo, argc, argv);
	if (ret == 0 && letter_is_on())
		(void)lectern_answers("/ready");

	return (ret);
}

/* For a container's HEALTHCHECK. */
static int
command_health(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (lectern_answers("/health")) {
		(void)printf("healthy\n");
		return (0);
	}
	(void)fprintf(stderr, "lectern: the server does not answer.\n");

	return (1);
}

/* 1 when the server on this machine answers a GET with 200. */
static int
lectern_answers(const char *path)
{
	const char		*port = getenv("PORT");
	char			 ask[128];
	struct sockaddr_in	 address;
	struct timeval		 limit = { .tv_sec = 3 };
	char			 answer[64];
	ssize_t			 len = -1;
	int			 fd, ask_len;

	ask_len = snprintf(ask, sizeof(ask), "GET %s HTTP/1.1\r\n"
	    "Host: localhost\r\nConnection: close\r\n\r\n", path);
	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((u_int16_t)strtoul(
	    port == NULL || *port == '\0' ? "7860" : port, NULL, 10));
	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) != -1 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
	    sizeof(limit)) == 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    send(fd, ask, (size_t)ask_len, 0) == ask_len)
		len = recv(fd, answer, sizeof(answer), MSG_WAITALL);
	if (fd != -1)
		(void)close(fd);

	return (len > 12 && memcmp(answer, "HTTP/1.1 200", 12) == 0);
}

static int
command_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	(void)printf("lectern %s, schema version %d\n", LECTERN_VERSION,
	    migrate_version());

	return (0);
}

static void
lectern_configure(int is_server)
{
	char	why[LECTERN_WHY_MAX];

	if (config_read(is_server, why, sizeof(why)) == -1)
		lectern_die(why);
	lectern_conninfo = conninfo_make(config.database_url, why,
	    sizeof(why));
	if (lectern_conninfo == NULL)
		lectern_die(why);
}

/* From then on the database is reached through PgBouncer, if it is far. */
static void
lectern_pooler(void)
{
	char	*pooled, why[LECTERN_WHY_MAX];

	switch (pooler_start(lectern_conninfo, worker_count *
	    (db_connections_max() + LECTERN_THREAD_CONNECTIONS), &pooled, why,
	    sizeof(why))) {
	case POOLER_FAILED:
		lectern_die(why);
	case POOLER_MISSING:
		log_event(LOG_LEVEL_WARN, "PgBouncer is not installed: the "
		    "database is reached directly, and a request may wait "
		    "for it");
		break;
	case POOLER_STARTED:
		free(lectern_conninfo);
		lectern_conninfo = pooled;
		break;
	case POOLER_UNNEEDED:
		break;
	}
}

/*
 * From then on nothing of this process shows in /proc, for the programs that
 * the extractor runs have the same user.
 */
static void
lectern_extractor(int is_kept)
{
	if (extractor_start(is_kept) == -1)
		lectern_die("The extractor does not start on this machine.");
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void
lectern_die(const char *why)
{
	(void)fprintf(stderr, "lectern: %s\n", why);
	exit(1);
}
