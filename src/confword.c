/*
 * What each word of kore.conf wants: the table, and a function for all that
 * is more than a number of words.
 *
 * Left out of the table on purpose: words of Kore that would have no effect
 * here or a wrong one, since the guard at the socket, the replies and the
 * pages are ours (TLS, ACME, static files, redirects, error pages, bodies on
 * disk, websockets, modules).
 */
#include <sys/types.h>

#include <arpa/inet.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "confword.h"

#define COUNT(table)	(sizeof(table) / sizeof((table)[0]))

static int	confword_number(struct conf *, const struct conf_word *);
static int	confword_text(struct conf *, const struct conf_word *);
static int	confword_choice(struct conf *, const struct conf_word *);
static int	confword_include(struct conf *, const struct conf_word *);
static int	confword_server(struct conf *, const struct conf_word *);
static int	confword_bind(struct conf *, const struct conf_word *);
static int	confword_tls(struct conf *, const struct conf_word *);
static int	confword_validator(struct conf *, const struct conf_word *);
static int	confword_auth(struct conf *, const struct conf_word *);
static int	confword_auth_type(struct conf *, const struct conf_word *);
static int	confword_auth_rule(struct conf *, const struct conf_word *);
static int	confword_domain(struct conf *, const struct conf_word *);
static int	confword_attach(struct conf *, const struct conf_word *);
static int	confword_route(struct conf *, const struct conf_word *);
static int	confword_restrict(struct conf *, const struct conf_word *);
static int	confword_params(struct conf *, const struct conf_word *);
static int	confword_validate(struct conf *, const struct conf_word *);

static int	confword_is_number(const char *, int64_t, int64_t);
static int	confword_regex(struct conf *, const char *);
static int	confword_is_taken(struct conf *, const char *);
static int	confword_is_method(const char *);

#define SETTING(name, check, form, min, max)				\
	{ name, IN_TOP, check, 1, 1, min, max, form }
#define NUMBER(name, min, max)						\
	SETTING(name, confword_number, name " NUMBER", min, max)
#define TEXT(name)							\
	SETTING(name, confword_text, name " TEXT", 0, 0)

static const struct conf_word	confwords[] = {
	NUMBER("workers", 1, 64),
	NUMBER("worker_max_connections", 16, 65535),
	NUMBER("worker_rlimit_nofiles", 64, 65535),
	NUMBER("worker_accept_threshold", 1, 65535),
	NUMBER("worker_set_affinity", 0, 1),
	NUMBER("socket_backlog", 1, 65535),
	NUMBER("task_threads", 5, 16),	/* a class of jobs each; job.c */
	NUMBER("pgsql_conn_max", 1, 1000),
	NUMBER("pgsql_queue_limit", 0, 65535),
	NUMBER("curl_timeout", 0, 65535),
	NUMBER("curl_recv_max", 1, INT32_MAX),
	NUMBER("http_header_max", 512, 65535),
	NUMBER("http_header_timeout", 1, 65535),
	NUMBER("http_body_max", 0, INT32_MAX),
	NUMBER("http_body_timeout", 1, 65535),
	NUMBER("http_keepalive_time", 0, 65535),
	NUMBER("http_request_limit", 1, INT32_MAX),
	NUMBER("http_request_ms", 0, INT32_MAX),
	/* The program sends that header itself, over https alone. */
	NUMBER("http_hsts_enable", 0, 0),
	TEXT("http_server_version"),
	TEXT("root"),
	TEXT("chroot"),
	TEXT("runas"),
	TEXT("pidfile"),
	SETTING("worker_death_policy", confword_choice, "restart terminate",
	    0, 0),
	SETTING("seccomp_tracing", confword_choice, "yes no", 0, 0),
	{ "include", IN_TOP, confword_include, 1, 1, 0, 0, "include FILE" },
	{ "server", IN_TOP, confword_server, 2, 2, 0, 0, "server NAME {" },
	{ "bind", IN_SERVER, confword_bind, 3, 3, 0, 0,
	    "bind ADDRESS PORT edge_connect" },
	{ "tls", IN_SERVER, confword_tls, 1, 1, 0, 0, "tls no" },
	{ "validator", IN_TOP, confword_validator, 3, INT_MAX, 0, 0,
	    "validator NAME regex PATTERN" },
	{ "authentication", IN_TOP, confword_auth, 2, 2, 0, 0,
	    "authentication NAME {" },
	{ "authentication_type", IN_AUTH, confword_auth_type, 1, 1, 0, 0,
	    "authentication_type request" },
	{ "authentication_validator", IN_AUTH, confword_auth_rule, 1, 1, 0, 0,
	    "authentication_validator VALIDATOR" },
	{ "domain", IN_TOP, confword_domain, 2, 2, 0, 0, "domain NAME {" },
	{ "attach", IN_DOMAIN, confword_attach, 1, 1, 0, 0, "attach SERVER" },
	{ "route", IN_DOMAIN, confword_route, 2, 3, 0, 0,
	    "route PATH HANDLER AUTHENTICATION (the last where needed)" },
	{ "restrict", IN_DOMAIN, confword_restrict, 2, 7, 0, 0,
	    "restrict PATH METHOD (one or more)" },
	{ "params", IN_DOMAIN, confword_params, 3, 3, 0, 0,
	    "params METHOD PATH {" },
	{ "validate", IN_PARAMS, confword_validate, 2, 2, 0, 0,
	    "validate @body VALIDATOR" }
};

const struct conf_word *
confword_find(const char *name)
{
	size_t	i;

	for (i = 0; i < COUNT(confwords); i++) {
		if (strcmp(confwords[i].name, name) == 0)
			return (&confwords[i]);
	}

	return (NULL);
}

/* ---- settings ---- */

static int
confword_number(struct conf *conf, const struct conf_word *word)
{
	if (!confword_is_number(conf->words[0], word->min, word->max))
		return (confcheck_wrong(conf, "\"%s\" wants a whole number "
		    "from %" PRId64 " to %" PRId64 ", not \"%s\"", word->name,
		    word->min, word->max, conf->words[0]));

	return (confcheck_keep(conf, NAME_SETTING, word->name, NULL));
}

static int
confword_text(struct conf *conf, const struct conf_word *word)
{
	return (confcheck_keep(conf, NAME_SETTING, word->name, NULL));
}

/* One of the two words in word->form. */
static int
confword_choice(struct conf *conf, const struct conf_word *word)
{
	const size_t	 first = strcspn(word->form, " ");
	const char	*given = conf->words[0];

	if (strcmp(given, word->form + first + 1) != 0 &&
	    (strlen(given) != first || strncmp(given, word->form, first) != 0))
		return (confcheck_wrong(conf, "\"%s\" is one of the words %s",
		    word->name, word->form));

	return (confcheck_keep(conf, NAME_SETTING, word->name, NULL));
}

static int
confword_include(struct conf *conf, const struct conf_word *word)
{
	char	*path;
	int	 ret;

	(void)word;
	if (conf->files == CONF_FILES_MAX)
		return (confcheck_wrong(conf, "more than %d files include "
		    "each other", CONF_FILES_MAX));
	if ((path = strdup(conf->words[0])) == NULL)
		return (confcheck_wrong(conf, "there is no memory"));
	conf->files++;
	ret = confcheck_read(conf, path);
	conf->files--;
	free(path);

	return (ret);
}

/* ---- the server ---- */

static int
confword_server(struct conf *conf, const struct conf_word *word)
{
	(void)word;
	if (confcheck_keep(conf, NAME_SERVER, conf->words[0], NULL) == -1)
		return (-1);

	return (confcheck_open(conf, IN_SERVER));
}

static int
confword_bind(struct conf *conf, const struct conf_word *word)
{
	unsigned char	address[sizeof(struct in6_addr)];

	(void)word;
	if (inet_pton(AF_INET, conf->words[0], address) != 1 &&
	    inet_pton(AF_INET6, conf->words[0], address) != 1)
		return (confcheck_wrong(conf, "\"%s\" is no address of this "
		    "machine, such as 0.0.0.0", conf->words[0]));
	if (!confword_is_number(conf->words[1], 1, 65535))
		return (confcheck_wrong(conf, "\"%s\" is no port; ports are "
		    "1 to 65535", conf->words[1]));
	if (strcmp(conf->words[2], "edge_connect") != 0)
		return (confcheck_wrong(conf, "the third word is "
		    "edge_connect, the guard of every connection"));
	conf->open[conf->depth - 1].seen |= SEEN_BIND;

	return (0);
}

static int
confword_tls(struct conf *conf, const struct conf_word *word)
{
	(void)word;
	if (strcmp(conf->words[0], "no") != 0)
		return (confcheck_wrong(conf, "the program speaks no TLS; "
		    "put a proxy in front of it and write: tls no"));
	conf->open[conf->depth - 1].seen |= SEEN_TLS;

	return (0);
}

/* ---- validators and authentication ---- */

static int
confword_validator(struct conf *conf, const struct conf_word *word)
{
	const char	*name = conf->words[0], *kind = conf->words[1];
	const char	*value = conf->rest;
	regex_t		 rule;
	char		 words[128];
	int		 i, error;

	(void)word;
	/* A pattern goes to the end of its line, blanks and all. */
	for (i = 0; i < 2; i++) {
		value += strcspn(value, " ");
		value += strspn(value, " ");
	}
	if (strcmp(kind, "regex") == 0) {
		if ((error = regcomp(&rule, value, REG_EXTENDED)) != 0) {
			(void)regerror(error, &rule, words, sizeof(words));
			return (confcheck_wrong(conf, "the pattern of "
			    "validator \"%s\" is none: %s", name, words));
		}
		regfree(&rule);
	} else if (strcmp(kind, "function") == 0) {
		if (!conf->is_handler(value))
			return (confcheck_wrong(conf, "the program has no "
			    "function \"%s\"", value));
		value = NULL;
	} else {
		return (confcheck_wrong(conf, "a validator is of the kind "
		    "regex or function, not \"%s\"", kind));
	}

	return (confcheck_keep(conf, NAME_VALIDATOR, name, value));
}

static int
confword_auth(struct conf *conf, const struct conf_word *word)
{
	(void)word;
	if (confcheck_keep(conf, NAME_AUTH, conf->words[0], NULL) == -1)
		return (-1);

	return (confcheck_open(conf, IN_AUTH));
}

static int
confword_auth_type(struct conf *conf, const struct conf_word *word)
{
	if (strcmp(conf->words[0], "request") != 0)
		return (confcheck_wrong(conf, "who asks is told by the whole "
		    "request; write: %s", word->form));
	conf->open[conf->depth - 1].seen |= SEEN_TYPE;

	return (0);
}

static int
confword_auth_rule(struct conf *conf, const struct conf_word *word)
{
	const struct conf_name	*rule;

	(void)word;
	rule = confcheck_find(conf, NAME_VALIDATOR, conf->words[0]);
	if (rule == NULL)
		return (confcheck_wrong(conf, "no validator \"%s\" stands "
		    "above", conf->words[0]));
	if (rule->value != NULL)
		return (confcheck_wrong(conf, "the validator \"%s\" is a "
		    "pattern; an authentication wants a function",
		    conf->words[0]));
	conf->open[conf->depth - 1].seen |= SEEN_RULE;

	return (0);
}

/* ---- domains and routes ---- */

static int
confword_domain(struct conf *conf, const struct conf_word *word)
{
	(void)word;
	if (confcheck_keep(conf, NAME_DOMAIN, conf->words[0], NULL) == -1)
		return (-1);
	conf->domain++;

	return (confcheck_open(conf, IN_DOMAIN));
}

static int
confword_attach(struct conf *conf, const struct conf_word *word)
{
	unsigned	*seen = &conf->open[conf->depth - 1].seen;

	(void)word;
	if (*seen & SEEN_ATTACH)
		return (confcheck_wrong(conf, "the domain is attached to a "
		    "server already"));
	if (confcheck_find(conf, NAME_SERVER, conf->words[0]) == NULL)
		return (confcheck_wrong(conf, "no server \"%s\" stands above",
		    conf->words[0]));
	*seen |= SEEN_ATTACH;

	return (0);
}

static int
confword_route(struct conf *conf, const struct conf_word *word)
{
	const char	*path = conf->words[0];

	(void)word;
	if (!conf->is_handler(conf->words[1]))
		return (confcheck_wrong(conf, "the program has no handler "
		    "\"%s\"", conf->words[1]));
	if (conf->count == 3 &&
	    confcheck_find(conf, NAME_AUTH, conf->words[2]) == NULL)
		return (confcheck_wrong(conf, "no authentication \"%s\" "
		    "stands above", conf->words[2]));
	if (confcheck_find(conf, NAME_ROUTE, path) == NULL &&
	    confword_is_taken(conf, path) == -1)
		return (-1);
	if (confcheck_keep(conf, NAME_ROUTE, path, NULL) == -1)
		return (-1);

	return (*path == '/' ? 0 : confword_regex(conf, path));
}

/* Of a route just remembered: what does not begin with "/" is a pattern. */
static int
confword_regex(struct conf *conf, const char *path)
{
	struct conf_name	*name = &conf->names[conf->names_len - 1];
	char			 words[128];
	int			 error;

	error = regcomp(&name->rule, path, REG_EXTENDED | REG_NOSUB);
	if (error != 0) {
		(void)regerror(error, &name->rule, words, sizeof(words));
		return (confcheck_wrong(conf, "\"%s\" is neither a path that "
		    "begins with \"/\" nor a pattern: %s", path, words));
	}
	name->is_regex = 1;

	return (0);
}

/*
 * Routes are tried from the top. A path is taken by a pattern above that
 * matches it; a pattern, by one that matches whatever is asked for.
 */
static int
confword_is_taken(struct conf *conf, const char *path)
{
	struct conf_name	*name;
	size_t			 i;
	int			 is_taken;

	for (i = 0; i < conf->names_len; i++) {
		name = &conf->names[i];
		if (!name->is_regex || name->domain != conf->domain)
			continue;
		is_taken = *path == '/' ?
		    regexec(&name->rule, path, 0, NULL, 0) == 0 :
		    regexec(&name->rule, "", 0, NULL, 0) == 0 &&
		    regexec(&name->rule, "/\001/\001", 0, NULL, 0) == 0;
		if (is_taken)
			return (confcheck_wrong(conf, "the route is never "
			    "reached, for \"%s\" on line %u takes all of it",
			    name->text, name->line));
	}

	return (0);
}

static int
confword_restrict(struct conf *conf, const struct conf_word *word)
{
	int	i;

	(void)word;
	if (confcheck_find(conf, NAME_ROUTE, conf->words[0]) == NULL)
		return (confcheck_wrong(conf, "no route \"%s\" stands above "
		    "in this domain", conf->words[0]));
	for (i = 1; i < conf->count; i++) {
		if (!confword_is_method(conf->words[i]))
			return (confcheck_wrong(conf, "\"%s\" is none of the "
			    "methods get, head, post, put, patch and delete",
			    conf->words[i]));
	}

	return (confcheck_keep(conf, NAME_RESTRICT, conf->words[0], NULL));
}

static int
confword_params(struct conf *conf, const struct conf_word *word)
{
	char	both[256];

	(void)word;
	if (!confword_is_method(conf->words[0]))
		return (confcheck_wrong(conf, "\"%s\" is none of the methods "
		    "get, head, post, put, patch and delete",
		    conf->words[0]));
	if (confcheck_find(conf, NAME_ROUTE, conf->words[1]) == NULL)
		return (confcheck_wrong(conf, "no route \"%s\" stands above "
		    "in this domain", conf->words[1]));
	(void)snprintf(both, sizeof(both), "%s %s", conf->words[0],
	    conf->words[1]);
	if (confcheck_keep(conf, NAME_PARAMS, both, NULL) == -1)
		return (-1);

	return (confcheck_open(conf, IN_PARAMS));
}

/* Validators of fields apply by the field's name, on every route. */
static int
confword_validate(struct conf *conf, const struct conf_word *word)
{
	const struct conf_name	*rule;

	(void)word;
	if (strcmp(conf->words[0], "@body") != 0)
		return (confcheck_wrong(conf, "only @body is looked at here; "
		    "the validator of a field applies by its name"));
	rule = confcheck_find(conf, NAME_VALIDATOR, conf->words[1]);
	if (rule == NULL)
		return (confcheck_wrong(conf, "no validator \"%s\" stands "
		    "above", conf->words[1]));
	if (rule->value == NULL ||
	    !confword_is_number(rule->value, 1, INT32_MAX))
		return (confcheck_wrong(conf, "the validator \"%s\" is no "
		    "number of bytes, as the limit of a body is",
		    conf->words[1]));

	return (0);
}

/* ---- small ones ---- */

static int
confword_is_number(const char *text, int64_t min, int64_t max)
{
	int64_t	number;

	if (*text == '\0' || strspn(text, "0123456789") != strlen(text))
		return (0);
	errno = 0;
	number = strtoll(text, NULL, 10);

	return (errno == 0 && number >= min && number <= max);
}

static int
confword_is_method(const char *text)
{
	static const char *const	methods[] = { "get", "head", "post",
	    "put", "patch", "delete" };
	size_t				i;

	for (i = 0; i < COUNT(methods); i++) {
		if (strcasecmp(text, methods[i]) == 0)
			return (1);
	}

	return (0);
}
