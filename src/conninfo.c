/*
 * DATABASE_URL, completed. libpq's own reading of the URI is kept; added are
 * limits (a silent server must not hold a thread for minutes) and trust:
 * `require` and `prefer` do not verify whom they talk to, so that for remote
 * hosts they are raised to verify-full against the system's certificates. An
 * explicit `disable` is the operator's word.
 */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "buffer.h"
#include "conninfo.h"
#include "log.h"

#define CONNINFO_CERTIFICATES	"/etc/ssl/certs/ca-certificates.crt"

#define CONNINFO_OPTIONS						\
	"-c statement_timeout=8000 "					\
	"-c idle_in_transaction_session_timeout=15000 -c jit=off"
#define CONNINFO_ENDPOINT	"endpoint="

/* What is set unless the URI says otherwise. */
static const struct {
	const char	*name;
	const char	*value;
} conninfo_defaults[] = {
	{ "application_name", "lectern" },
	{ "connect_timeout", "5" },
	{ "gssencmode", "disable" },
	{ "keepalives_idle", "30" },
	{ "tcp_user_timeout", "10000" },
	{ "options", CONNINFO_OPTIONS }
};

static int	conninfo_is_remote(const PQconninfoOption *);
static int	conninfo_lists_remote(const char *);
static void	conninfo_add(struct buffer *, const char *, const char *);

char *
conninfo_make(const char *url, char *why, size_t why_len)
{
	PQconninfoOption	*options, *o;
	struct buffer		 text;
	const char		*value;
	size_t			 i;
	int			 is_remote;

	if ((options = PQconninfoParse(url, NULL)) == NULL) {
		(void)snprintf(why, why_len, "DATABASE_URL is not an address "
		    "that libpq understands.");
		return (NULL);
	}
	is_remote = conninfo_is_remote(options);
	buffer_init(&text);
	for (o = options; o->keyword != NULL; o++) {
		value = o->val;
		/* libpq finds out when it connects: that would be too late. */
		if (value != NULL && strcmp(o->keyword, "port") == 0 &&
		    value[strspn(value, "0123456789,")] != '\0') {
			PQconninfoFree(options);
			buffer_free(&text);
			(void)snprintf(why, why_len,
			    "DATABASE_URL names a port that is no number.");
			return (NULL);
		}
		for (i = 0; value == NULL && i <
		    sizeof(conninfo_defaults) / sizeof(conninfo_defaults[0]);
		    i++) {
			if (strcmp(o->keyword, conninfo_defaults[i].name) == 0)
				value = conninfo_defaults[i].value;
		}
		if (is_remote && strcmp(o->keyword, "sslmode") == 0 &&
		    (value == NULL || strcmp(value, "disable") != 0))
			value = "verify-full";
		if (is_remote && strcmp(o->keyword, "sslmode") == 0 &&
		    strcmp(value, "disable") == 0)
			log_event(LOG_LEVEL_WARN, "DATABASE_URL disables TLS "
			    "to a database on another machine");
		if (is_remote && strcmp(o->keyword, "sslrootcert") == 0 &&
		    value == NULL)
			value = CONNINFO_CERTIFICATES;
		if (value != NULL)
			conninfo_add(&text, o->keyword, value);
	}
	PQconninfoFree(options);
	if (text.has_failed || text.len == 0) {
		buffer_free(&text);
		(void)snprintf(why, why_len, "There is no memory.");
		return (NULL);
	}

	return (text.data);
}

int
conninfo_is_ours(const char *options)
{
	return (strcmp(options, CONNINFO_OPTIONS) == 0 ||
	    strncmp(options, CONNINFO_ENDPOINT,
	    sizeof(CONNINFO_ENDPOINT) - 1) == 0);
}

/*
 * Whether any of the hosts may be another machine: all but Unix sockets and
 * the own loopback. libpq takes lists, and an address in place of a name.
 */
static int
conninfo_is_remote(const PQconninfoOption *options)
{
	const PQconninfoOption	*o;
	const char		*hosts;

	for (o = options; o->keyword != NULL; o++) {
		if (strcmp(o->keyword, "host") != 0 &&
		    strcmp(o->keyword, "hostaddr") != 0)
			continue;
		/* libpq asks the environment (PGHOST, ...) where it may. */
		hosts = o->val != NULL ? o->val : o->envvar == NULL ? NULL :
		    getenv(o->envvar);
		if (hosts != NULL && conninfo_lists_remote(hosts))
			return (1);
	}

	return (0);
}

static int
conninfo_lists_remote(const char *hosts)
{
	static const char * const	own[] = {
	    "localhost", "127.0.0.1", "::1" };
	size_t				i, len;
	int				is_own;

	for (; *hosts != '\0'; hosts += len + (hosts[len] == ',')) {
		len = strcspn(hosts, ",");
		is_own = len == 0 || *hosts == '/' || *hosts == '@';
		for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
			is_own |= strlen(own[i]) == len &&
			    strncmp(hosts, own[i], len) == 0;
		if (!is_own)
			return (1);
	}

	return (0);
}

static void
conninfo_add(struct buffer *text, const char *name, const char *value)
{
	buffer_add_text(text, name);
	buffer_add_text(text, "='");
	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			buffer_add(text, "\\", 1);
		buffer_add(text, value, 1);
	}
	buffer_add_text(text, "' ");
}
