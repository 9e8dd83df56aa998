/*
 * API keys: what a program presents instead of a session.
 *
 *	GET    /api/keys	list_find -> list_found
 *	POST   /api/keys	create_store -> create_stored -> 201
 *	DELETE /api/keys/ID	drop_find -> drop_found -> 204
 *
 * A key is shown by the answer that makes it and by nothing else: the
 * database holds its hash. It acts as its owner wherever kore.conf names the
 * authentication `session` (session.c), and nowhere else: no key makes or
 * ends another. Deliberately missing: scopes, and changing a key.
 */
#include <sys/types.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "input.h"
#include "paging.h"
#include "reply.h"
#include "session.h"
#include "utf8.h"

#define APIKEY_NAME_MAX		200	/* bytes */
#define APIKEY_PREFIX_LEN	8
#define APIKEY_PERSON_MAX	100	/* keys */

int	apikey_collection(struct http_request *);
int	apikey_one(struct http_request *);

struct apikey {
	const char	*name;
	const char	*expires_at;
	char		 id[TOKEN_ID_LEN + 1];
	char		 key[TOKEN_API_KEY_LEN + 1];
};

/* Columns of apikey_create.sql and apikey_list.sql. */
enum {
	COLUMN_ID, COLUMN_NAME, COLUMN_PREFIX, COLUMN_CREATED, COLUMN_USED,
	COLUMN_EXPIRES, COLUMN_CURSOR
};

static const struct input_field	create_fields[] = {
	{ .name = "name", .type = INPUT_STRING, .flags = INPUT_REQUIRED,
	  .min = 1, .max = APIKEY_NAME_MAX,
	  .offset = offsetof(struct apikey, name) },
	{ .name = "expiresAt", .type = INPUT_STRING, .flags = INPUT_NULLABLE,
	  .offset = offsetof(struct apikey, expires_at) }
};

enum { FIRST, SECOND };

static enum step	list_find(struct request *);
static enum step	list_found(struct request *);
static enum step	create_store(struct request *);
static enum step	create_stored(struct request *);
static enum step	drop_find(struct request *);
static enum step	drop_found(struct request *);
static json_t		*apikey_json(const struct db_query *, int);
static json_t		*apikey_date(const struct db_query *, int, int);
static int		 apikey_instant(const char *, int64_t *);
static int		 apikey_time(const char **, struct tm *, int *);
static int		 apikey_number(const char **, int, int *);

static const struct request_step	list_steps[] = {
	[FIRST] = REQUEST_STEP(list_find),
	[SECOND] = REQUEST_STEP(list_found)
};
static const struct request_step	create_steps[] = {
	[FIRST] = REQUEST_STEP(create_store),
	[SECOND] = REQUEST_STEP(create_stored)
};
static const struct request_step	drop_steps[] = {
	[FIRST] = REQUEST_STEP(drop_find),
	[SECOND] = REQUEST_STEP(drop_found)
};

static const struct request_plan	list_plan = {
	.name = "GET /api/keys", .steps = list_steps, .steps_len = 2,
	.data_len = sizeof(struct paging)
};
static const struct request_plan	create_plan = {
	.name = "POST /api/keys", .steps = create_steps, .steps_len = 2,
	.data_len = sizeof(struct apikey)
};
static const struct request_plan	drop_plan = {
	.name = "DELETE /api/keys/ID", .steps = drop_steps, .steps_len = 2
};

int
apikey_collection(struct http_request *http)
{
	return (request_run(http, http->method == HTTP_METHOD_POST ?
	    &create_plan : &list_plan));
}

int
apikey_one(struct http_request *http)
{
	return (request_run(http, &drop_plan));
}

static enum step
list_find(struct request *r)
{
	struct paging	*page = r->data;

	if (paging_read(r, page) == STEP_DONE)
		return (STEP_DONE);

	return (db_send(r, SECOND, STATEMENT_APIKEY_LIST,
	    DB_TEXT(r->who.user_id), DB_TEXT(page->q),
	    DB_TEXT(page->cursor_us), DB_TEXT(page->cursor_id),
	    DB_INT(page->limit + 1)));
}

static enum step
list_found(struct request *r)
{
	const struct paging	*page = r->data;
	json_t			*list = json_array();
	int			 i;

	for (i = 0; i < db_rows(&r->db) && i < page->limit; i++)
		json_array_append_new(list, apikey_json(&r->db, i));

	return (reply_json(r, 200, json_pack("{s:o,s:o}", "apiKeys", list,
	    "nextCursor", paging_next(page, &r->db, COLUMN_CURSOR,
	    COLUMN_ID))));
}

static enum step
create_store(struct request *r)
{
	struct apikey	*k = r->data;
	int64_t		 seconds = 0;
	char		 hash[TOKEN_HASH_LEN + 1], agent[256];
	char		 prefix[APIKEY_PREFIX_LEN + 1];

	if (input_json(r, create_fields, 2, k) == STEP_DONE)
		return (STEP_DONE);
	if (utf8_skip_blanks(k->name, strlen(k->name), 0) == strlen(k->name))
		return (request_fail_field(r, ERROR_VALIDATION, "name",
		    "name must not be blank"));
	if (k->expires_at != NULL && apikey_instant(k->expires_at,
	    &seconds) == -1)
		return (request_fail_field(r, ERROR_VALIDATION, "expiresAt",
		    "expiresAt is an ISO 8601 date, such as 2031-12-31"));
	if (k->expires_at != NULL && seconds <= (int64_t)time(NULL))
		return (request_fail_field(r, ERROR_VALIDATION, "expiresAt",
		    "expiresAt must lie in the future"));

	token_id(k->id);
	token_api_key(k->key);
	token_hash(k->key, TOKEN_API_KEY_LEN, hash);
	(void)snprintf(prefix, sizeof(prefix), "%.*s", APIKEY_PREFIX_LEN,
	    k->key);

	return (db_send(r, SECOND, STATEMENT_APIKEY_CREATE, DB_TEXT(k->id),
	    DB_TEXT(r->who.user_id), DB_TEXT(k->name), DB_TEXT(prefix),
	    DB_TEXT(hash), k->expires_at == NULL ? DB_NULL : DB_INT(seconds),
	    DB_INT(APIKEY_PERSON_MAX), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent))));
}

static enum step
create_stored(struct request *r)
{
	const struct apikey	*k = r->data;

	if (db_rows(&r->db) != 1)
		return (request_fail(r, ERROR_KEYS_FULL));
	reply_header(r, "cache-control", "no-store");

	return (reply_json(r, 201, json_pack("{s:s,s:o}", "key", k->key,
	    "apiKey", apikey_json(&r->db, 0))));
}

static enum step
drop_find(struct request *r)
{
	char	id[TOKEN_ID_LEN + 1], agent[256];

	if (request_segment(r, 2, id, sizeof(id)) == NULL ||
	    !utf8_is_text(id, strlen(id)))
		return (request_fail(r, ERROR_KEY_NOT_FOUND));

	return (db_send(r, SECOND, STATEMENT_APIKEY_DELETE, DB_TEXT(id),
	    DB_TEXT(r->who.user_id), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent))));
}

static enum step
drop_found(struct request *r)
{
	if (db_rows(&r->db) == 0)
		return (request_fail(r, ERROR_KEY_NOT_FOUND));

	return (reply_empty(r, 204));
}

static json_t *
apikey_json(const struct db_query *db, int row)
{
	return (json_pack("{s:s,s:s,s:s,s:o,s:o,s:o}",
	    "id", db_text(db, row, COLUMN_ID),
	    "name", db_text(db, row, COLUMN_NAME),
	    "prefix", db_text(db, row, COLUMN_PREFIX),
	    "createdAt", apikey_date(db, row, COLUMN_CREATED),
	    "lastUsedAt", apikey_date(db, row, COLUMN_USED),
	    "expiresAt", apikey_date(db, row, COLUMN_EXPIRES)));
}

static json_t *
apikey_date(const struct db_query *db, int row, int column)
{
	char	date[25];

	if (db_is_null(db, row, column))
		return (json_null());
	reply_date(db_int(db, row, column), date);

	return (json_string(date));
}

/*
 * An ISO 8601 date (its first moment, UTC), or date and time with their zone,
 * as unix seconds. 0, or -1 when it is none.
 */
static int
apikey_instant(const char *text, int64_t *seconds)
{
	const char	*p = text;
	struct tm	 tm, given;
	int		 offset = 0;

	memset(&tm, 0, sizeof(tm));
	if (apikey_number(&p, 4, &tm.tm_year) == -1 || *p++ != '-' ||
	    apikey_number(&p, 2, &tm.tm_mon) == -1 || *p++ != '-' ||
	    apikey_number(&p, 2, &tm.tm_mday) == -1)
		return (-1);
	if (*p != '\0' && (*p++ != 'T' ||
	    apikey_time(&p, &tm, &offset) == -1 || *p != '\0'))
		return (-1);

	tm.tm_year -= 1900;
	tm.tm_mon--;
	given = tm;
	*seconds = (int64_t)timegm(&tm) - offset;

	/* The thirtieth of February would be another day. */
	return (tm.tm_year == given.tm_year && tm.tm_mon == given.tm_mon &&
	    tm.tm_mday == given.tm_mday && tm.tm_hour == given.tm_hour &&
	    tm.tm_min == given.tm_min && tm.tm_sec == given.tm_sec ? 0 : -1);
}

/* hh:mm[:ss[.fraction]] and Z or +hh:mm; the zone in seconds. */
static int
apikey_time(const char **p, struct tm *tm, int *offset)
{
	int	hours, minutes, sign;

	if (apikey_number(p, 2, &tm->tm_hour) == -1 || *(*p)++ != ':' ||
	    apikey_number(p, 2, &tm->tm_min) == -1)
		return (-1);
	if (**p == ':') {
		(*p)++;
		if (apikey_number(p, 2, &tm->tm_sec) == -1)
			return (-1);
		if (**p == '.') {
			(*p)++;
			if (strspn(*p, "0123456789") == 0)
				return (-1);
			*p += strspn(*p, "0123456789");
		}
	}
	if (**p == 'Z') {
		(*p)++;
		return (0);
	}
	sign = **p == '+' ? 1 : **p == '-' ? -1 : 0;
	if (sign == 0)
		return (-1);
	(*p)++;
	if (apikey_number(p, 2, &hours) == -1 || *(*p)++ != ':' ||
	    apikey_number(p, 2, &minutes) == -1 || hours > 23 || minutes > 59)
		return (-1);
	*offset = sign * (hours * 3600 + minutes * 60);

	return (0);
}

/* Exactly `count` digits. A shorter text ends the look at its NUL. */
static int
apikey_number(const char **p, int count, int *out)
{
	for (*out = 0; count > 0; count--, (*p)++) {
		if (**p < '0' || **p > '9')
			return (-1);
		*out = *out * 10 + (**p - '0');
	}

	return (0);
}
