/*
 * The environment, read once.
 *
 * Single variables come from a table (name, kind, default, limits); what
 * follows from several of them (the own origin, cookie attributes, trusted
 * origins) is put together after it. Empty counts as absent, as in every
 * hosting panel that cannot delete a variable.
 */
#include <sys/types.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "log.h"

#define CONFIG_SECRET_MIN	32
#define CONFIG_ORIGINS_MAX	32

enum config_kind { CONFIG_TEXT, CONFIG_NUMBER, CONFIG_WORD };

struct config_entry {
	const char	*name;
	enum config_kind kind;
	void		*out;		/* const char **, int64_t *, int * */
	int64_t		 absent;	/* NUMBER and WORD: the default */
	int64_t		 min, max;	/* NUMBER */
	const char	*words[3];	/* WORD: value 0, 1; NULL-ended */
};

struct config	config;

static int64_t		config_port, config_workers, config_hops;
static int64_t		config_quota_user_mb, config_quota_total_mb;
static const char	*config_frontends;
static const char	*config_same_site;
static const char	*config_embed_format, *config_rerank_format;
static const char	*config_origins[CONFIG_ORIGINS_MAX + 1];

static const struct config_entry	config_entries[] = {
	{ "DATABASE_URL", CONFIG_TEXT, &config.database_url, 0, 0, 0, {0} },
	{ "SECRET_KEY", CONFIG_TEXT, &config.secret_key, 0, 0, 0, {0} },
	{ "SECRET_KEY_OLD", CONFIG_TEXT, &config.secret_key_old, 0, 0, 0,
	    {0} },
	{ "PORT", CONFIG_NUMBER, &config_port, 0, 1, 65535, {0} },
	{ "BIND_ADDRESS", CONFIG_TEXT, &config.bind, 0, 0, 0, {0} },
	{ "WORKERS", CONFIG_NUMBER, &config_workers, 0, 1, 64, {0} },
	{ "PUBLIC_URL", CONFIG_TEXT, &config.public_url, 0, 0, 0, {0} },
	{ "FRONTEND_URL", CONFIG_TEXT, &config_frontends, 0, 0, 0, {0} },
	{ "TRUSTED_HOPS", CONFIG_NUMBER, &config_hops, -1, 0, 16, {0} },
	{ "COOKIE_SAMESITE", CONFIG_TEXT, &config_same_site, 0, 0, 0, {0} },
	{ "SESSION_SECONDS", CONFIG_NUMBER, &config.session_seconds,
	    604800, 60, 34560000, {0} },
	{ "SESSION_REFRESH_SECONDS", CONFIG_NUMBER,
	    &config.session_refresh_seconds, 86400, 0, 34560000, {0} },
	{ "SIGN_UP", CONFIG_WORD, &config.sign_up_open, 1, 0, 0,
	    { "closed", "open", NULL } },
	{ "REQUIRE_VERIFIED_EMAIL", CONFIG_WORD,
	    &config.require_verified_email, 0, 0, 0, { "no", "yes", NULL } },
	{ "PASSWORD_LIST", CONFIG_TEXT, &config.password_list, 0, 0, 0,
	    {0} },
	{ "ADMIN_EMAIL", CONFIG_TEXT, &config.admin_email, 0, 0, 0, {0} },
	{ "ADMIN_SECOND_FACTOR", CONFIG_WORD, &config.admin_second_factor, 0,
	    0, 0, { "no", "yes", NULL } },
	{ "RATE_LIMIT", CONFIG_WORD, &config.rate_limit, 1, 0, 0,
	    { "off", "on", NULL } },
	{ "RETAIN_AUDIT_DAYS", CONFIG_NUMBER, &config.retain_audit_days, 365,
	    0, 36500, {0} },
	{ "RETAIN_CHAT_DAYS", CONFIG_NUMBER, &config.retain_chat_days, 0, 0,
	    36500, {0} },
	{ "HOUSEKEEPING_SECONDS", CONFIG_NUMBER,
	    &config.housekeeping_seconds, 600, 1, 86400, {0} },
	{ "MAIL_URL", CONFIG_TEXT, &config.mail_url, 0, 0, 0, {0} },
	{ "MAIL_FROM", CONFIG_TEXT, &config.mail_from, 0, 0, 0, {0} },
	{ "MAIL_API_KEY", CONFIG_TEXT, &config.mail_api_key, 0, 0, 0, {0} },
	{ "QUOTA_USER_MB", CONFIG_NUMBER, &config_quota_user_mb, 200, 0,
	    1000000, {0} },
	{ "QUOTA_TOTAL_MB", CONFIG_NUMBER, &config_quota_total_mb, 0, 0,
	    100000000, {0} },
	{ "CHAT_KEEP_GOING", CONFIG_WORD, &config.chat_keep_going, 1, 0, 0,
	    { "no", "yes", NULL } },
	{ "CHAT_DAILY", CONFIG_NUMBER, &config.chat_daily, 0, 0, 1000000,
	    {0} },
	{ "CHAT_INSTRUCTIONS", CONFIG_TEXT, &config.chat_instructions, 0, 0,
	    0, {0} },
	{ "CONTEXT_TOKENS", CONFIG_NUMBER, &config.context_tokens, 8192, 1000,
	    10000000, {0} },
	{ "LLM_URL", CONFIG_TEXT, &config.llm_url, 0, 0, 0, {0} },
	{ "LLM_API_KEY", CONFIG_TEXT, &config.llm_api_key, 0, 0, 0, {0} },
	{ "LLM_MODEL", CONFIG_TEXT, &config.llm_model, 0, 0, 0, {0} },
	{ "LLM_TIMEOUT_SECONDS", CONFIG_NUMBER, &config.llm_timeout_seconds,
	    60, 1, 3600, {0} },
	{ "SSL_CERT_FILE", CONFIG_TEXT, &config.ca_file, 0, 0, 0, {0} },
	{ "METRICS_TOKEN", CONFIG_TEXT, &config.metrics_token, 0, 0, 0, {0} },
	{ "EMBED_URL", CONFIG_TEXT, &config.embed_url, 0, 0, 0, {0} },
	{ "EMBED_FORMAT", CONFIG_TEXT, &config_embed_format, 0, 0, 0, {0} },
	{ "EMBED_API_KEY", CONFIG_TEXT, &config.embed_api_key, 0, 0, 0, {0} },
	{ "EMBED_MODEL", CONFIG_TEXT, &config.embed_model, 0, 0, 0, {0} },
	{ "EMBED_DIMENSIONS", CONFIG_NUMBER, &config.embed_dimensions, 0, 1,
	    EMBEDWIRE_DIMENSIONS_MAX, {0} },
	{ "EMBED_BATCH", CONFIG_NUMBER, &config.embed_batch, 32, 1, 512,
	    {0} },
	{ "EMBED_QUERY_PREFIX", CONFIG_TEXT, &config.embed_query_prefix, 0,
	    0, 0, {0} },
	{ "EMBED_PASSAGE_PREFIX", CONFIG_TEXT, &config.embed_passage_prefix,
	    0, 0, 0, {0} },
	{ "RERANK_URL", CONFIG_TEXT, &config.rerank_url, 0, 0, 0, {0} },
	{ "RERANK_FORMAT", CONFIG_TEXT, &config_rerank_format, 0, 0, 0,
	    {0} },
	{ "RERANK_API_KEY", CONFIG_TEXT, &config.rerank_api_key, 0, 0, 0,
	    {0} },
	{ "RERANK_MODEL", CONFIG_TEXT, &config.rerank_model, 0, 0, 0, {0} },
	{ "CHUNK_BYTES", CONFIG_NUMBER, &config.chunk_bytes, 1200, 200, 20000,
	    {0} },
	{ "CHUNK_OVERLAP_BYTES", CONFIG_NUMBER, &config.chunk_overlap_bytes,
	    160, 0, 5000, {0} },
	{ "RETRIEVAL_WEIGHT", CONFIG_NUMBER, &config.retrieval_weight, 30, 0,
	    100, {0} },
	{ "LOG_LEVEL", CONFIG_TEXT, &config.log_level, 0, 0, 0, {0} },
};

static const char	*config_value(const char *);
static int		 config_entry_read(const struct config_entry *, char *,
			    size_t);
static int		 config_origin(const char *, char *, size_t, char *,
			    size_t);
static int		 config_is_loopback(const char *);
static int		 config_own_origin(char *, size_t);
static int		 config_other_origins(char *, size_t);
static int		 config_cookies(char *, size_t);
static int		 config_secrets(char *, size_t);
static int		 config_mail(char *, size_t);
static int		 config_model(char *, size_t);
static int		 config_ends(const char *, const char *);
static int		 config_embed(char *, size_t);
static int		 config_rerank(char *, size_t);
static int		 config_address(const char *, const char **, int,
			    const char *, char *, size_t);
static int		 config_log(char *, size_t);

int
config_read(int is_server, char *why, size_t why_len)
{
	size_t	i;

	for (i = 0; i < sizeof(config_entries) / sizeof(config_entries[0]);
	    i++) {
		if (config_entry_read(&config_entries[i], why, why_len) == -1)
			return (-1);
	}
	config.workers = (int)config_workers;
	config.port = config_value("PORT");
	config.quota_user_bytes = config_quota_user_mb * 1024 * 1024;
	config.quota_total_bytes = config_quota_total_mb * 1024 * 1024;

	if (config.database_url == NULL) {
		(void)snprintf(why, why_len, "DATABASE_URL is not set: "
		    "give the address of a Postgres database.");
		return (-1);
	}
	if (config_log(why, why_len) == -1 ||
	    config_embed(why, why_len) == -1 ||
	    config_rerank(why, why_len) == -1)
		return (-1);
	if (!is_server)
		return (0);
	if (config_secrets(why, why_len) == -1 ||
	    config_own_origin(why, why_len) == -1 ||
	    config_other_origins(why, why_len) == -1 ||
	    config_cookies(why, why_len) == -1 ||
	    config_mail(why, why_len) == -1)
		return (-1);

	return (config_model(why, why_len));
}

static const char *
config_value(const char *name)
{
	const char	*value = getenv(name);

	return (value == NULL || *value == '\0' ? NULL : value);
}

static int
config_entry_read(const struct config_entry *entry, char *why, size_t why_len)
{
	const char	*value = config_value(entry->name);
	int64_t		 number;
	char		*end;
	int		 i;

	switch (entry->kind) {
	case CONFIG_TEXT:
		*(const char **)entry->out = value;
		return (0);
	case CONFIG_NUMBER:
		if (value == NULL) {
			*(int64_t *)entry->out = entry->absent;
			return (0);
		}
		errno = 0;
		number = strtoll(value, &end, 10);
		/* strtoll would let blanks and a plus pass. */
		if (strchr("-0123456789", *value) != NULL && errno == 0 &&
		    *end == '\0' && number >= entry->min &&
		    number <= entry->max) {
			*(int64_t *)entry->out = number;
			return (0);
		}
		(void)snprintf(why, why_len, "%s must be a whole number "
		    "from %" PRId64 " to %" PRId64 ".", entry->name,
		    entry->min, entry->max);
		return (-1);
	case CONFIG_WORD:
		if (value == NULL) {
			*(int *)entry->out = (int)entry->absent;
			return (0);
		}
		for (i = 0; entry->words[i] != NULL; i++) {
			if (strcmp(value, entry->words[i]) == 0) {
				*(int *)entry->out = i;
				return (0);
			}
		}
		(void)snprintf(why, why_len, "%s must be \"%s\" or \"%s\".",
		    entry->name, entry->words[1], entry->words[0]);
		return (-1);
	}

	return (-1);
}

static int
config_log(char *why, size_t why_len)
{
	static const char * const	names[] = {
	    "debug", "info", "warn", "error" };
	int				i;

	if (config.log_level == NULL)
		return (0);
	for (i = 0; i < 4; i++) {
		if (strcmp(config.log_level, names[i]) == 0) {
			log_set_level((enum log_level)i);
			return (0);
		}
	}
	(void)snprintf(why, why_len,
	    "LOG_LEVEL must be debug, info, warn or error.");

	return (-1);
}

static int
config_secrets(char *why, size_t why_len)
{
	const char	*name = "SECRET_KEY";

	if (config.secret_key == NULL &&
	    (config.secret_key = config_value("BETTER_AUTH_SECRET")) != NULL)
		name = "BETTER_AUTH_SECRET";
	if (config.secret_key == NULL) {
		(void)snprintf(why, why_len, "SECRET_KEY is not set: "
		    "give at least %d random characters.", CONFIG_SECRET_MIN);
		return (-1);
	}
	if (strlen(config.secret_key) < CONFIG_SECRET_MIN) {
		(void)snprintf(why, why_len, "%s is too short: "
		    "give at least %d random characters.", name,
		    CONFIG_SECRET_MIN);
		return (-1);
	}

	return (0);
}

/*
 * scheme://host[:port] of a URL, lower case, without a trailing slash or a
 * port that the scheme implies: the form in which browsers write Origin.
 */
static int
config_origin(const char *name, char *url, size_t len, char *why,
    size_t why_len)
{
	const char	*rest;
	size_t		 i;

	for (i = 0; i < len; i++) {
		if (url[i] >= 'A' && url[i] <= 'Z')
			url[i] = (char)(url[i] + 'a' - 'A');
	}
	if (len > 0 && url[len - 1] == '/')
		url[--len] = '\0';
	if (strncmp(url, "http://", 7) == 0) {
		rest = url + 7;
		if (len > 3 && strcmp(url + len - 3, ":80") == 0)
			url[len - 3] = '\0';
	} else if (strncmp(url, "https://", 8) == 0) {
		rest = url + 8;
		if (len > 4 && strcmp(url + len - 4, ":443") == 0)
			url[len - 4] = '\0';
	} else {
		rest = "";
	}
	if (*rest == '\0' || strpbrk(rest, "/?#@ \\*") != NULL) {
		(void)snprintf(why, why_len, "%s must be an origin such as "
		    "https://app.example.com, without a path.", name);
		return (-1);
	}

	return (0);
}

/* This machine, by a host with or without a port. */
static int
config_is_loopback(const char *host)
{
	const char	*end = host + strcspn(host, ":/");

	if (strncmp(host, "[::1]", 5) == 0)
		return (1);

	return (end - host == 9 && (strncmp(host, "localhost", 9) == 0 ||
	    strncmp(host, "127.0.0.1", 9) == 0));
}

static int
config_own_origin(char *why, size_t why_len)
{
	const char	*space = config_value("SPACE_HOST");
	char		*url = NULL;
	int		 len;

	if (config.public_url != NULL)
		len = asprintf(&url, "%s", config.public_url);
	else if (space != NULL)
		/* Where a Space is tried out there is no proxy with TLS. */
		len = asprintf(&url, "%s://%s", config_is_loopback(space) ?
		    "http" : "https", space);
	else
		len = asprintf(&url, "http://localhost:%s",
		    config.port != NULL ? config.port : "7860");
	if (len == -1 ||
	    config_origin("PUBLIC_URL", url, (size_t)len, why, why_len) == -1)
		return (-1);
	config.public_url = url;
	config.trusted_hops = config_hops >= 0 ? (int)config_hops :
	    space != NULL ? 1 : 0;

	return (0);
}

static int
config_other_origins(char *why, size_t why_len)
{
	char	*list, *item;
	size_t	 count = 0;

	config.frontend_urls = config_origins;
	if (config_frontends == NULL)
		return (0);
	if ((list = strdup(config_frontends)) == NULL)
		return (-1);
	while ((item = strsep(&list, ",")) != NULL) {
		item += strspn(item, " ");
		item[strcspn(item, " ")] = '\0';
		if (*item == '\0')
			continue;
		if (count == CONFIG_ORIGINS_MAX) {
			(void)snprintf(why, why_len,
			    "FRONTEND_URL names more than %d origins.",
			    CONFIG_ORIGINS_MAX);
			return (-1);
		}
		if (config_origin("FRONTEND_URL", item, strlen(item), why,
		    why_len) == -1)
			return (-1);
		config_origins[count++] = item;
	}

	return (0);
}

static int
config_cookies(char *why, size_t why_len)
{
	config.is_secure = strncmp(config.public_url, "https://", 8) == 0;
	config.same_site = config_value("SPACE_HOST") != NULL ?
	    SAME_SITE_NONE : SAME_SITE_LAX;
	if (config_same_site != NULL) {
		if (strcmp(config_same_site, "none") == 0) {
			config.same_site = SAME_SITE_NONE;
		} else if (strcmp(config_same_site, "lax") == 0) {
			config.same_site = SAME_SITE_LAX;
		} else {
			(void)snprintf(why, why_len,
			    "COOKIE_SAMESITE must be \"lax\" or \"none\".");
			return (-1);
		}
	}
	/* Browsers drop SameSite=None without Secure. */
	if (config.same_site == SAME_SITE_NONE)
		config.is_secure = 1;

	return (0);
}

static int
config_mail(char *why, size_t why_len)
{
	const char	*url = config.mail_url;
	const char	*host = strstr(config.public_url, "://") + 3;

	config.is_development = config_is_loopback(host);
	if (url == NULL) {
		if (!config.require_verified_email || config.is_development)
			return (0);
		(void)snprintf(why, why_len, "MAIL_URL is not set: "
		    "REQUIRE_VERIFIED_EMAIL needs a way to send mail.");
		return (-1);
	}
	if (strncmp(url, "dir:/", 5) == 0)
		return (0);
	if (strncmp(url, "smtp://", 7) != 0 &&
	    strncmp(url, "smtps://", 8) != 0 &&
	    strncmp(url, "https://", 8) != 0 &&
	    strncmp(url, "http://127.0.0.1", 16) != 0) {
		(void)snprintf(why, why_len, "MAIL_URL must begin with "
		    "smtp://, smtps://, https:// or dir:/.");
		return (-1);
	}
	if (config.mail_from == NULL) {
		(void)snprintf(why, why_len, "MAIL_FROM is not set: "
		    "give the address that mails come from.");
		return (-1);
	}
	host = strrchr(url, '@');
	config.mail_needs_tls = host != NULL &&
	    strncmp(url, "smtp://", 7) == 0 &&
	    strncmp(host, "@localhost", 10) != 0 &&
	    strncmp(host, "@127.0.0.1", 10) != 0;

	return (0);
}

static int
config_model(char *why, size_t why_len)
{
	char	*url;
	size_t	 len;

	if (config.llm_url == NULL)
		return (0);
	if (strncmp(config.llm_url, "http://", 7) != 0 &&
	    strncmp(config.llm_url, "https://", 8) != 0) {
		(void)snprintf(why, why_len, "LLM_URL must be an http(s) "
		    "address such as https://host/v1.");
		return (-1);
	}
	if (config.llm_model == NULL) {
		(void)snprintf(why, why_len, "LLM_MODEL is not set: "
		    "LLM_URL needs the name of a model.");
		return (-1);
	}
	if ((url = strdup(config.llm_url)) == NULL)
		return (-1);
	for (len = strlen(url); len > 0 && url[len - 1] == '/'; len--)
		url[len - 1] = '\0';
	config.llm_url = url;

	return (0);
}

/*
 * An end point's address, complete: `tail` is put to it where it ends with
 * another path than `is_whole` says.
 */
static int
config_address(const char *name, const char **address, int is_whole,
    const char *tail, char *why, size_t why_len)
{
	char	*url;
	size_t	 len = strlen(*address);

	if (strncmp(*address, "http://", 7) != 0 &&
	    strncmp(*address, "https://", 8) != 0) {
		(void)snprintf(why, why_len, "%s must be an http(s) address "
		    "such as https://host/v1.", name);
		return (-1);
	}
	while (len > 0 && (*address)[len - 1] == '/')
		len--;
	if (asprintf(&url, "%.*s%s", (int)len, *address,
	    is_whole ? "" : tail) == -1)
		return (-1);
	*address = url;

	return (0);
}

/* 1 when an address without its last slashes ends with `path`. */
static int
config_ends(const char *address, const char *path)
{
	size_t	len = strlen(address), path_len = strlen(path);

	while (len > 0 && address[len - 1] == '/')
		len--;

	return (len >= path_len &&
	    memcmp(address + len - path_len, path, path_len) == 0);
}

/* The format is told by the address: see embedwire.h. */
static int
config_embed(char *why, size_t why_len)
{
	static const struct {
		const char	*name;
		const char	*path;
	}		 formats[] = {
		[EMBEDWIRE_OPENAI] = { "openai", "/embeddings" },
		[EMBEDWIRE_TEI] = { "tei", "/embed" },
		[EMBEDWIRE_OLLAMA] = { "ollama", "/api/embed" }
	};
	const char	*url = config.embed_url;
	int		 i, format = -1;

	if (config.embed_query_prefix == NULL)
		config.embed_query_prefix = "";
	if (config.embed_passage_prefix == NULL)
		config.embed_passage_prefix = "";
	if (url == NULL)
		return (0);
	if (config_ends(url, "/api/embeddings")) {
		(void)snprintf(why, why_len, "EMBED_URL must end with "
		    "/api/embed for Ollama.");
		return (-1);
	}
	for (i = 0; i < 3; i++) {
		if (config_embed_format == NULL ? config_ends(url,
		    formats[i].path) : strcmp(config_embed_format,
		    formats[i].name) == 0)
			format = i;
	}
	if (format == -1 && config_embed_format != NULL) {
		(void)snprintf(why, why_len, "EMBED_FORMAT must be openai, "
		    "tei or ollama.");
		return (-1);
	}
	config.embed_format = format == -1 ? EMBEDWIRE_OPENAI :
	    (enum embedwire_format)format;
	if (config.embed_model == NULL &&
	    config.embed_format != EMBEDWIRE_TEI) {
		(void)snprintf(why, why_len, "EMBED_MODEL is not set: "
		    "EMBED_URL needs the name of a model.");
		return (-1);
	}
	if (config.embed_model == NULL)
		config.embed_model = formats[EMBEDWIRE_TEI].name;

	return (config_address("EMBED_URL", &config.embed_url,
	    config_ends(url, formats[config.embed_format].path),
	    formats[config.embed_format].path, why, why_len));
}

/* TEI's address has /rerank right behind the host, others a version. */
static int
config_rerank(char *why, size_t why_len)
{
	const char	*url = config.rerank_url, *host;

	if (url == NULL)
		return (0);
	host = strstr(url, "://");
	host = host == NULL ? url : host + 3;
	config.rerank_is_tei = config_rerank_format == NULL ?
	    strncmp(host + strcspn(host, "/"), "/rerank", 7) == 0 :
	    strcmp(config_rerank_format, "tei") == 0;
	if (config_rerank_format != NULL && !config.rerank_is_tei &&
	    strcmp(config_rerank_format, "jina") != 0) {
		(void)snprintf(why, why_len, "RERANK_FORMAT must be jina "
		    "or tei.");
		return (-1);
	}
	if (config.rerank_model == NULL && !config.rerank_is_tei) {
		(void)snprintf(why, why_len, "RERANK_MODEL is not set: "
		    "RERANK_URL needs the name of a model.");
		return (-1);
	}

	return (config_address("RERANK_URL", &config.rerank_url,
	    config_ends(url, "/rerank"), "/rerank", why, why_len));
}
