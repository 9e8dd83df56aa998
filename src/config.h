/*
 * The environment, read and checked once at start, in the parent. Afterwards
 * it is constant. A bad value is one sentence that names the variable.
 */
#ifndef LECTERN_CONFIG_H
#define LECTERN_CONFIG_H

#include <stdint.h>

#include "embedwire.h"

enum config_same_site { SAME_SITE_LAX, SAME_SITE_NONE };

struct config {
	const char	*database_url;	/* libpq URI */
	const char	*secret_key;	/* >= 32 bytes */
	const char	*secret_key_old; /* accepted for reading, or NULL */
	const char	*port;		/* NULL: what kore.conf says */
	const char	*bind;		/* NULL: what kore.conf says */
	int		 workers;	/* 0: what kore.conf says */
	const char	*public_url;	/* own origin, no trailing slash */
	const char	**frontend_urls; /* other trusted origins, NULL-ended */
	int		 trusted_hops;
	enum config_same_site same_site;
	int		 is_secure;	/* cookies carry Secure */
	int64_t		 session_seconds;
	int64_t		 session_refresh_seconds;
	int		 sign_up_open;
	int		 require_verified_email;
	const char	*password_list;	/* a file, or NULL; passlist.h */
	const char	*admin_email;	/* or NULL */
	int		 admin_second_factor; /* administrators need one */
	int		 rate_limit;	/* 0: for tests and benchmarks */
	int64_t		 retain_audit_days;	/* 0: for ever */
	int64_t		 retain_chat_days;	/* 0: for ever */
	int64_t		 housekeeping_seconds;
	int		 is_development; /* our origin is this machine's */
	const char	*mail_url;	/* or NULL; see mail.h */
	const char	*mail_from;	/* "Name <address>" or an address */
	const char	*mail_api_key;	/* or NULL */
	int		 mail_needs_tls; /* smtp:// elsewhere, password */
	int64_t		 quota_user_bytes; /* 0: none */
	int64_t		 quota_total_bytes;
	int		 chat_keep_going;
	int64_t		 chat_daily;	/* questions per user; 0: any */
	const char	*chat_instructions; /* or NULL */
	int64_t		 context_tokens;
	const char	*llm_url;	/* no trailing slash, or NULL */
	const char	*llm_api_key;
	const char	*llm_model;
	int64_t		 llm_timeout_seconds; /* until its first word */
	const char	*ca_file;	/* of model end points, or NULL */
	const char	*metrics_token;	/* or NULL */
	const char	*embed_url;	/* the whole address, or NULL */
	const char	*embed_api_key;
	const char	*embed_model;	/* a name also where none is needed */
	enum embedwire_format embed_format;
	int64_t		 embed_dimensions; /* 0: the model's own */
	int64_t		 embed_batch;	/* texts in a request */
	const char	*embed_query_prefix; /* or "" */
	const char	*embed_passage_prefix;
	const char	*rerank_url;	/* the whole address, or NULL */
	const char	*rerank_api_key;
	const char	*rerank_model;
	int		 rerank_is_tei;
	int64_t		 chunk_bytes;	/* see chunker.h */
	int64_t		 chunk_overlap_bytes;
	int64_t		 retrieval_weight; /* the vectors' share, percent */
	const char	*log_level;
};

extern struct config config;

/*
 * Fills `config` from the environment. Returns 0, or -1 with one sentence in
 * `why`. `is_server` is 0 for commands that need the database alone.
 */
int	config_read(int is_server, char *why, size_t why_len);

#endif
