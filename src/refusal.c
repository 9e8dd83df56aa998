/*
 * What the guard answers by itself, before there is a request: no route is
 * known, so every refusal has the form of the API, or that of better-auth or of
 * OpenAI for an address below /api/auth or /v1.
 */
#include <sys/random.h>

#include <stdio.h>
#include <string.h>

#include "config.h"
#include "log.h"
#include "metrics.h"
#include "openaiwire.h"
#include "refusal.h"
#include "span.h"
#include "trust.h"
#include "wire.h"

#define REFUSAL_AUTH	"/api/auth"
#define REFUSAL_OPENAI	"/v1"

static void	refusal_cors(const char *, char *, size_t);
static int	refusal_is_below(struct span, const char *);
static int	refusal_body(char *, size_t, struct span, enum error_id,
		    const char *);
static void	refusal_origin(struct span, char [TRUST_ORIGIN_MAX]);
static void	refusal_id(char [25]);

void
refusal_send(struct connection *c, enum error_id error, const char *method,
    u_int64_t ms, const u_int8_t *asked, size_t asked_len)
{
	const struct error_info	*info = error_info(error);
	struct span		 rest = { asked, asked_len }, line;
	char			 id[25], body[512], cors[1024];
	char			 head[512 + sizeof(cors)];
	char			 origin[TRUST_ORIGIN_MAX];
	int			 head_len, body_len;

	refusal_id(id);
	line = span_line(&rest);
	refusal_origin(rest, origin);
	refusal_cors(origin[0] == '\0' ? NULL : origin, cors, sizeof(cors));
	body_len = refusal_body(body, sizeof(body), line, error, id);
	head_len = snprintf(head, sizeof(head),
	    "HTTP/1.1 %d %s\r\n"
	    "connection: close\r\n"
	    "date: %s\r\n"
	    "content-type: application/json\r\n"
	    "content-length: %d\r\n"
	    "cache-control: no-store\r\n"
	    "x-content-type-options: nosniff\r\n"
	    "x-request-id: %s\r\n"
	    "%s%s%s\r\n",
	    info->status, error_reason(info->status), wire_date(), body_len,
	    id, info->status == 503 ? "retry-after: 2\r\n" : "",
	    config.is_secure ? "strict-transport-security: "
	    "max-age=31536000\r\n" : "", cors);

	net_send_queue(c, head, (size_t)head_len);
	if (method == NULL || strcmp(method, "HEAD") != 0)
		net_send_queue(c, body, (size_t)body_len);
	metrics_error(error);
	metrics_request("edge", info->status, ms, 0);
	log_request(id, "edge", method == NULL ? "-" : method, info->status,
	    ms, 0, NULL);
}

static void
refusal_cors(const char *origin, char *out, size_t size)
{
	struct trust_header	headers[4];
	size_t			i, n, len = 0;

	out[0] = '\0';
	n = trust_headers(origin, headers);
	for (i = 0; i < n; i++)
		len += (size_t)snprintf(out + len, size - len, "%s: %s\r\n",
		    headers[i].name, headers[i].value);
}

/* In the form of the address that is asked for; its length. */
static int
refusal_body(char *out, size_t size, struct span line, enum error_id error,
    const char *id)
{
	const struct error_info	*info = error_info(error);
	json_t			*body;
	int			 is_auth = refusal_is_below(line,
				    REFUSAL_AUTH);

	if (refusal_is_below(line, REFUSAL_OPENAI)) {
		body = openaiwire_error(info->status, info->code, NULL,
		    info->message);
		size = json_dumpb(body, out, size, JSON_COMPACT);
		json_decref(body);
		return ((int)size);
	}

	/* Codes and messages are ours and hold nothing to escape. */
	return (snprintf(out, size,
	    "{\"message\":\"%s\",\"code\":\"%s\"%s%s%s}",
	    info->message, info->code, is_auth ? "" : ",\"requestId\":\"",
	    is_auth ? "" : id, is_auth ? "" : "\""));
}

/* Whether a request line, maybe a malformed one, is for that path or below. */
static int
refusal_is_below(struct span line, const char *path)
{
	const size_t	 len = strlen(path);
	const u_int8_t	*p;
	size_t		 left;

	if ((p = memchr(line.p, ' ', line.len)) == NULL)
		return (0);
	left = line.len - (size_t)(++p - line.p);

	return (left >= len && memcmp(p, path, len) == 0 &&
	    (left == len || p[len] == '/' || p[len] == '?' ||
	    p[len] == ' '));
}

/* The one Origin among the lines, if it is plain text; else nothing. */
static void
refusal_origin(struct span rest, char out[TRUST_ORIGIN_MAX])
{
	struct span	name, value;
	size_t		i;
	int		has_one = 0;

	out[0] = '\0';
	while (rest.len > 0) {
		if (!span_split(span_line(&rest), &name, &value) ||
		    !span_is(&name, "origin"))
			continue;
		out[0] = '\0';
		if (has_one || value.len >= TRUST_ORIGIN_MAX)
			return;
		has_one = 1;
		/* It is sent back: no line end may hide in it. */
		for (i = 0; i < value.len; i++) {
			if (value.p[i] <= ' ' || value.p[i] > '~')
				return;
		}
		memcpy(out, value.p, value.len);
		out[value.len] = '\0';
	}
}

static void
refusal_id(char id[25])
{
	unsigned char	random[12] = { 0 };
	size_t		i;

	/* Never short for so few bytes; a bad id would do no harm. */
	if (getrandom(random, sizeof(random), 0) == -1)
		kore_log(LOG_WARNING, "getrandom: %s", errno_s);
	for (i = 0; i < sizeof(random); i++)
		(void)snprintf(id + 2 * i, 3, "%02x", random[i]);
}
