/*
 * Rules, keys and the refusal.
 *
 * An allowance is a number of requests in a window, given back evenly: who
 * has used it up comes again after window / count seconds, which Retry-After
 * says. A refused request takes nothing, so that trying on does not prolong
 * the wait.
 *
 * An address is IPv4's whole and IPv6's first half, since a /64 is what one
 * subscriber gets. Behind proxies a request whose client cannot be told (no
 * X-Forwarded-For) falls into one bucket for all of them, which is larger:
 * it is the operator's mistake, or a health check, and must not shut everyone
 * out.
 *
 * Deliberately missing: limits for reading sessions. They are far cheaper
 * than the counting would be.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "cookie.h"
#include "limit.h"
#include "reply.h"

#define LIMIT_SHARED		20	/* times the allowance of an address */
#define LIMIT_SUBJECT_MAX	64

/*
 * Friendlier than better-auth's three requests in ten seconds, which a family
 * behind one address, or a person who mistypes, runs into; the guessing of
 * one account's password is slowed by its own count (attempts).
 */
static const struct {
	const char	*name;		/* in the key */
	int64_t		 count, window;	/* requests in seconds, an address */
	int64_t		 account;	/* the same for an account, or 0 */
	int		 by_person;	/* who is signed in is counted */
} limit_rules[LIMIT_RULES] = {
	/* Each costs a password hash: about 50 ms of a processor. */
	[LIMIT_SIGN_IN] = { "sign-in", 20, 60, 0, 0 },
	[LIMIT_SIGN_UP] = { "sign-up", 20, 60, 0, 0 },
	/* Who holds a session guesses a hundred an hour, not more (ASVS). */
	[LIMIT_PASSWORD] = { "password", 20, 720, 0, 1 },
	[LIMIT_REDEEM] = { "redeem", 20, 60, 0, 0 },
	[LIMIT_CODE] = { "code", 20, 60, 0, 1 },
	/* Reads everything that a person has. */
	[LIMIT_EXPORT] = { "export", 10, 3600, 0, 1 },
	/* Mails are sent to people who may not have asked for them. */
	[LIMIT_MAIL_RESET] = { "mail-reset", 5, 600, 3, 0 },
	[LIMIT_MAIL_VERIFY] = { "mail-verify", 5, 600, 3, 0 },
	[LIMIT_MAIL_CHANGE] = { "mail-change", 5, 600, 3, 0 },
};

static enum step	limit_take(struct request *, u_int8_t, const char *,
			    int64_t, int64_t);
static enum step	limit_refuse(struct request *, int64_t);
static void		limit_account_key(const char *, const char *,
			    char [LIMIT_KEY_LEN + 1]);
static void		limit_network(const struct request *, int, int,
			    char [LIMIT_SUBJECT_MAX]);
static void		limit_agent(const struct request *, char [256]);

enum step
limit_start(struct request *r, u_int8_t state, enum limit_rule rule)
{
	char	key[LIMIT_KEY_LEN + 1], subject[LIMIT_SUBJECT_MAX];
	int64_t	count = limit_rules[rule].count;

	if (rule == LIMIT_NONE || !config.rate_limit)
		return (request_next(r, state));
	if (limit_rules[rule].by_person && r->is_signed_in) {
		(void)snprintf(subject, sizeof(subject), "user %s",
		    r->who.user_id);
	} else if (!r->is_address_known) {
		(void)kore_strlcpy(subject, "shared", sizeof(subject));
		count *= LIMIT_SHARED;
	} else {
		limit_network(r, 32, 64, subject);
	}
	(void)snprintf(key, sizeof(key), "%s %s", limit_rules[rule].name,
	    subject);

	return (limit_take(r, state, key, count, limit_rules[rule].window));
}

enum step
limit_account(struct request *r, u_int8_t state, enum limit_rule rule,
    const char *email)
{
	char	key[LIMIT_KEY_LEN + 1];

	if (!config.rate_limit)
		return (request_next(r, state));
	limit_account_key(limit_rules[rule].name, email, key);

	return (limit_take(r, state, key, limit_rules[rule].account,
	    limit_rules[rule].window));
}

/* Each request takes its share of the window, in milliseconds. */
static enum step
limit_take(struct request *r, u_int8_t state, const char *key, int64_t count,
    int64_t window)
{
	return (db_send(r, state, STATEMENT_LIMIT_TAKE, DB_TEXT(key),
	    DB_INT(window * 1000 / count), DB_INT(window)));
}

enum step
limit_told(struct request *r)
{
	if (!config.rate_limit || db_int(&r->db, 0, 0) == 0)
		return (STEP_NEXT);

	return (limit_refuse(r, db_int(&r->db, 0, 0)));
}

enum step
limit_attempt(struct request *r, u_int8_t state, const char *email)
{
	char	key[LIMIT_KEY_LEN + 1], device[TOKEN_HASH_LEN + 1];
	char	token[TOKEN_ID_LEN + 1], hash[TOKEN_HASH_LEN + 1];
	int	has_token = cookie_session_token(r, token);

	if (!config.rate_limit)
		return (request_next(r, state));
	limit_account_key("account", email, key);
	limit_device(r, device);
	if (has_token)
		token_hash(token, TOKEN_ID_LEN, hash);

	return (db_send(r, state, STATEMENT_ATTEMPT_TAKE, DB_TEXT(key),
	    DB_TEXT(email), DB_TEXT(has_token ? hash : NULL),
	    DB_TEXT(device)));
}

enum step
limit_attempted(struct request *r, struct limit_attempt *attempt)
{
	attempt->key[0] = '\0';
	if (!config.rate_limit)
		return (STEP_NEXT);
	if (db_int(&r->db, 0, 0) != 0)
		return (limit_refuse(r, db_int(&r->db, 0, 0)));
	(void)kore_strlcpy(attempt->key, db_text(&r->db, 0, 1),
	    sizeof(attempt->key));

	return (STEP_NEXT);
}

const char *
limit_mail(enum limit_rule rule, const char *email,
    char out[LIMIT_KEY_LEN + 1], int64_t *share, int64_t *window)
{
	*window = limit_rules[rule].window;
	*share = *window * 1000 / limit_rules[rule].account;
	if (!config.rate_limit)
		return (NULL);
	limit_account_key(limit_rules[rule].name, email, out);

	return (out);
}

/* better-auth's client reads X-Retry-After; the rest of the world the other */
static enum step
limit_refuse(struct request *r, int64_t seconds)
{
	char	text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, seconds);
	reply_header(r, "x-retry-after", text);
	r->retry_after_s = (u_int32_t)seconds;

	return (request_fail(r, ERROR_TOO_MANY));
}

/* The address itself stays out of the table: nobody may have given it. */
static void
limit_account_key(const char *name, const char *email,
    char out[LIMIT_KEY_LEN + 1])
{
	char	hash[TOKEN_HASH_LEN + 1];

	token_hash(email, strlen(email), hash);
	(void)snprintf(out, LIMIT_KEY_LEN + 1, "%s %s", name, hash);
}

/* The client's network: the address with all but that many bits cleared. */
static void
limit_network(const struct request *r, int bits4, int bits6,
    char out[LIMIT_SUBJECT_MAX])
{
	const unsigned char	 mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned char		 bytes[sizeof(struct in6_addr)];
	unsigned char		*address = bytes;
	int			 family = AF_INET, len = 4, bits = bits4, i;

	(void)kore_strlcpy(out, r->address, LIMIT_SUBJECT_MAX);
	if (inet_pton(AF_INET, r->address, bytes) != 1) {
		if (inet_pton(AF_INET6, r->address, bytes) != 1)
			return;
		/* ::ffff:203.0.113.9 is an IPv4 address in disguise. */
		if (memcmp(bytes, mapped, sizeof(mapped)) == 0) {
			address += sizeof(mapped);
		} else {
			family = AF_INET6;
			len = sizeof(bytes);
			bits = bits6;
		}
	}
	for (i = bits / 8; i < len; i++)
		address[i] = 0;
	(void)inet_ntop(family, address, out, LIMIT_SUBJECT_MAX);
}

void
limit_device(const struct request *r, char out[TOKEN_HASH_LEN + 1])
{
	char	network[LIMIT_SUBJECT_MAX], agent[256];
	char	text[sizeof(network) + sizeof(agent)];

	limit_network(r, 24, 48, network);
	limit_agent(r, agent);
	(void)snprintf(text, sizeof(text), "%s %s", network, agent);
	token_hash(text, strlen(text), out);
}

/*
 * A browser brings itself up to date every few weeks; that makes no new
 * device of it, so its digits and dots are left out.
 */
static void
limit_agent(const struct request *r, char out[256])
{
	const char	*agent = request_header(r, "user-agent");
	int		 is_browser;
	size_t		 len = 0;

	if (agent == NULL)
		agent = "";
	is_browser = strncmp(agent, "Mozilla/", 8) == 0;
	for (; *agent != '\0' && len < 255; agent++) {
		if (!is_browser || strchr("0123456789.", *agent) == NULL)
			out[len++] = *agent;
	}
	out[len] = '\0';
}
