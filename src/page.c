/*
 * Pages and what they load, from the files of assets/ that kodev compiles in.
 *
 * An asset is found by its symbol (asset_<name with _ for . and ->), so that
 * a new page or module needs no list here: a file in assets/ and, for a page,
 * a route in kore.conf that names page_show.
 *
 *	page_home	/ (to /chat when a session cookie is there)
 *	page_show	/NAME and /NAME/... -> NAME.html
 *	page_document	/documents/ID -> document.html
 *	page_account_error	/api/auth/error -> account-error.html
 *	page_openapi	/openapi.json -> openapi.json
 *	page_asset	/assets/NAME -> NAME, scripts and the like only
 *	page_missing	everything else: 404 in the face of the path
 *
 * None of them touches the database.
 */
#include <sys/types.h>

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "cookie.h"
#include "reply.h"

#define PAGE_NAME_MAX	64

int	page_home(struct http_request *);
int	page_show(struct http_request *);
int	page_document(struct http_request *);
int	page_account_error(struct http_request *);
int	page_openapi(struct http_request *);
int	page_asset(struct http_request *);
int	page_icon(struct http_request *);
int	page_missing(struct http_request *);

/* What may be asked for by name under /assets/, and its media type. */
static const struct {
	const char	*ending;
	const char	*type;
} page_types[] = {
	{ ".css", "text/css; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".mjs", "text/javascript; charset=utf-8" },
	{ ".svg", "image/svg+xml" }
};

static enum step	home_answer(struct request *);
static enum step	show_answer(struct request *);
static enum step	document_answer(struct request *);
static enum step	account_error_answer(struct request *);
static enum step	openapi_answer(struct request *);
static enum step	asset_answer(struct request *);
static enum step	icon_answer(struct request *);
static enum step	missing_answer(struct request *);
static enum step	page_send(struct request *, const char *,
			    const char *);
static const void	*page_symbol(const char *, const char *);

#define PAGE_PLAN(what, step)						\
	static const struct request_step	what##_steps[] = {	\
		REQUEST_STEP(step)					\
	};								\
	static const struct request_plan	what##_plan = {		\
		.name = "page " #what, .steps = what##_steps,		\
		.steps_len = 1						\
	}

PAGE_PLAN(home, home_answer);
PAGE_PLAN(show, show_answer);
PAGE_PLAN(document, document_answer);
PAGE_PLAN(account_error, account_error_answer);
PAGE_PLAN(openapi, openapi_answer);
PAGE_PLAN(asset, asset_answer);
PAGE_PLAN(icon, icon_answer);
PAGE_PLAN(missing, missing_answer);

int
page_home(struct http_request *http)
{
	return (request_run(http, &home_plan));
}

int
page_show(struct http_request *http)
{
	return (request_run(http, &show_plan));
}

int
page_document(struct http_request *http)
{
	return (request_run(http, &document_plan));
}

int
page_account_error(struct http_request *http)
{
	return (request_run(http, &account_error_plan));
}

int
page_openapi(struct http_request *http)
{
	return (request_run(http, &openapi_plan));
}

int
page_asset(struct http_request *http)
{
	return (request_run(http, &asset_plan));
}

int
page_icon(struct http_request *http)
{
	return (request_run(http, &icon_plan));
}

int
page_missing(struct http_request *http)
{
	return (request_run(http, &missing_plan));
}

static enum step
home_answer(struct request *r)
{
	char	token[TOKEN_ID_LEN + 1], error[64];

	/*
	 * The signature is enough here; /chat looks the session up. Who comes
	 * from a link that did not work is told here.
	 */
	if (cookie_session_token(r, token) &&
	    request_query(r, "error", error, sizeof(error)) == NULL) {
		reply_header(r, "cache-control", "no-store");
		return (reply_redirect(r, "/chat"));
	}

	return (page_send(r, "index.html", "text/html; charset=utf-8"));
}

static enum step
show_answer(struct request *r)
{
	char	name[PAGE_NAME_MAX], file[PAGE_NAME_MAX + 8];

	if (request_segment(r, 0, name, sizeof(name)) == NULL)
		return (request_fail(r, ERROR_NOT_FOUND));
	(void)snprintf(file, sizeof(file), "%s.html", name);

	return (page_send(r, file, "text/html; charset=utf-8"));
}

static enum step
document_answer(struct request *r)
{
	return (page_send(r, "document.html", "text/html; charset=utf-8"));
}

/* The script of the page says which error; nothing of it is in the HTML. */
static enum step
account_error_answer(struct request *r)
{
	return (page_send(r, "account-error.html",
	    "text/html; charset=utf-8"));
}

static enum step
openapi_answer(struct request *r)
{
	return (page_send(r, "openapi.json", "application/json"));
}

static enum step
asset_answer(struct request *r)
{
	const char	*ending;
	char		 name[PAGE_NAME_MAX];
	size_t		 i;

	if (request_segment(r, 1, name, sizeof(name)) != NULL &&
	    (ending = strrchr(name, '.')) != NULL) {
		for (i = 0; i < sizeof(page_types) / sizeof(page_types[0]);
		    i++) {
			if (strcmp(ending, page_types[i].ending) == 0)
				return (page_send(r, name,
				    page_types[i].type));
		}
	}

	return (request_fail(r, ERROR_NOT_FOUND));
}

static enum step
icon_answer(struct request *r)
{
	return (page_send(r, "icon.svg", "image/svg+xml"));
}

static enum step
missing_answer(struct request *r)
{
	return (request_fail(r, ERROR_NOT_FOUND));
}

static enum step
page_send(struct request *r, const char *file, const char *type)
{
	const void		*data = page_symbol("asset_", file);
	const u_int32_t		*len = page_symbol("asset_len_", file);
	const char * const	*etag = page_symbol("asset_sha256_", file);
	const char		*seen = request_header(r, "if-none-match");

	if (data == NULL || len == NULL || etag == NULL)
		return (request_fail(r, ERROR_NOT_FOUND));
	reply_header(r, "etag", *etag);
	reply_header(r, "cache-control", "no-cache");
	if (seen != NULL && (strcmp(seen, "*") == 0 ||
	    strstr(seen, *etag) != NULL))
		return (reply_empty(r, 304));

	return (reply_bytes(r, 200, type, data, *len));
}

/* The symbol that kodev gave a file, or NULL when there is no such file. */
static const void *
page_symbol(const char *prefix, const char *file)
{
	char	symbol[PAGE_NAME_MAX + 32], *p;

	(void)snprintf(symbol, sizeof(symbol), "%s%s", prefix, file);
	for (p = symbol; *p != '\0'; p++) {
		if (*p == '.' || *p == '-')
			*p = '_';
	}

	return (dlsym(RTLD_DEFAULT, symbol));
}
