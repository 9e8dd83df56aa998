/*
 * PgBouncer 1.18, transaction mode. Every value of the operator's stands in
 * the connection string of [databases], where a value is quoted by ' and a
 * quote doubled, or is a path. `auth_type = any` lets in whoever reaches the
 * socket, which lies in a directory of our own.
 */
#include <stdio.h>
#include <string.h>

#include "poolerconf.h"

/* Of PgBouncer's own buffers (include/bouncer.h: MAX_DBNAME, ...). */
#define POOLERCONF_DBNAME_MAX	63
#define POOLERCONF_USER_MAX	127
#define POOLERCONF_PASSWORD_MAX	2047
#define POOLERCONF_HOST_MAX	255

/*
 * A provider's own pooler hands a connection to others after each
 * transaction: what is set there stays and is theirs.
 */
#define POOLERCONF_SHARED	"pooler"

/*
 * Seconds unless said otherwise. A database that sleeps is woken by the first
 * connect: clients wait for it up to query_wait_timeout. Idle connections go
 * before the provider (after five minutes, at Neon) cuts them.
 */
static const char	poolerconf_fixed[] =
    "[pgbouncer]\n"
    "listen_port = 6432\n"
    "unix_socket_mode = 0700\n"
    "auth_type = any\n"
    "pool_mode = transaction\n"
    "max_client_conn = 500\n"
    "query_wait_timeout = 8\n"
    "server_idle_timeout = 120\n"
    "server_lifetime = 3600\n"
    "server_login_retry = 1\n"
    "server_check_delay = 10\n"
    "server_reset_query =\n"
    "server_round_robin = 0\n"
    "dns_max_ttl = 15\n"
    "dns_nxdomain_ttl = 2\n"
    "tcp_keepalive = 1\n"
    "tcp_keepidle = 30\n"
    "tcp_keepintvl = 10\n"
    "tcp_keepcnt = 3\n"
    /* milliseconds */
    "tcp_user_timeout = 10000\n"
    "ignore_startup_parameters = extra_float_digits,options\n"
    "log_connections = 0\n"
    "log_disconnections = 0\n"
    "log_stats = 0\n";

static const char	poolerconf_session[] = " connect_query='"
    "set statement_timeout = 8000; "
    "set idle_in_transaction_session_timeout = 15000; set jit = off'";

static int	poolerconf_check(const struct poolerconf *, char *, size_t);
static int	poolerconf_is_writable(const char *, size_t);
static void	poolerconf_pair(struct buffer *, const char *, const char *);
static void	poolerconf_line(struct buffer *, const char *, const char *);

int
poolerconf_write(const struct poolerconf *c, struct buffer *out, char *why,
    size_t why_size)
{
	char	number[16];

	if (poolerconf_check(c, why, why_size) == -1)
		return (-1);

	buffer_add_text(out, "[databases]\n" POOLERCONF_DATABASE " =");
	poolerconf_pair(out, "host", c->host);
	poolerconf_pair(out, "port", c->port);
	poolerconf_pair(out, "dbname", c->dbname != NULL ? c->dbname :
	    c->user);
	poolerconf_pair(out, "user", c->user);
	poolerconf_pair(out, "password", c->password);
	if (strstr(c->host, POOLERCONF_SHARED) == NULL)
		buffer_add_text(out, poolerconf_session);
	buffer_add_text(out, "\n");

	buffer_add_text(out, poolerconf_fixed);
	poolerconf_line(out, "unix_socket_dir", c->directory);
	(void)snprintf(number, sizeof(number), "%u", c->servers_max);
	poolerconf_line(out, "default_pool_size", number);
	poolerconf_line(out, "server_connect_timeout",
	    c->connect_timeout != NULL ? c->connect_timeout : "15");
	poolerconf_line(out, "server_tls_sslmode", c->sslmode);
	poolerconf_line(out, "server_tls_ca_file", c->sslrootcert);
	poolerconf_line(out, "server_tls_cert_file", c->sslcert);
	poolerconf_line(out, "server_tls_key_file", c->sslkey);

	return (0);
}

static int
poolerconf_check(const struct poolerconf *c, char *why, size_t why_size)
{
	const struct {
		const char	*name;
		const char	*value;
		size_t		 max;
	} values[] = {
		{ "host", c->host, POOLERCONF_HOST_MAX },
		{ "port", c->port, 5 },
		{ "database", c->dbname, POOLERCONF_DBNAME_MAX },
		{ "user", c->user, POOLERCONF_USER_MAX },
		{ "password", c->password, POOLERCONF_PASSWORD_MAX },
		{ "sslmode", c->sslmode, 16 },
		{ "sslrootcert", c->sslrootcert, 1023 },
		{ "sslcert", c->sslcert, 1023 },
		{ "sslkey", c->sslkey, 1023 },
		{ "connect_timeout", c->connect_timeout, 4 },
		{ "directory", c->directory, 90 }
	};
	size_t	i;

	if (c->host == NULL || c->user == NULL || c->directory == NULL) {
		(void)snprintf(why, why_size,
		    "DATABASE_URL must name a host and a user.");
		return (-1);
	}
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (values[i].value == NULL ||
		    poolerconf_is_writable(values[i].value, values[i].max))
			continue;
		(void)snprintf(why, why_size, "The %s in DATABASE_URL is too "
		    "long, or has a character that cannot be handed to "
		    "PgBouncer.", values[i].name);
		return (-1);
	}

	return (0);
}

static int
poolerconf_is_writable(const char *value, size_t max)
{
	size_t	i;

	for (i = 0; value[i] != '\0'; i++) {
		if ((unsigned char)value[i] < ' ' || value[i] == 127)
			return (0);
	}

	return (i <= max);
}

/* Within a connection string. */
static void
poolerconf_pair(struct buffer *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buffer_add_text(out, " ");
	buffer_add_text(out, name);
	buffer_add_text(out, "='");
	for (; *value != '\0'; value++)
		buffer_add_text(out, *value == '\'' ? "''" :
		    (const char []){ *value, '\0' });
	buffer_add_text(out, "'");
}

static void
poolerconf_line(struct buffer *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buffer_add_text(out, name);
	buffer_add_text(out, " = ");
	buffer_add_text(out, value);
	buffer_add_text(out, "\n");
}
