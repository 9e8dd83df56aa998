/*
 * Pages and what they load, from the files of assets/ that kodev compiles in.
 *
 * A new page or module needs no list here: a file in assets/ and, for a page,
 * a route in kore.conf that names page_show.
 *
 *	page_home	/ (to /chat when a session cookie is there)
 *	page_show	/NAME and /NAME/... -> NAME.html
 *	page_document	/documents/ID -> document.html
 *	page_admin	/admin, /admin/NAME -> admin.html, admin-NAME.html
 *	page_account_error	/api/auth/error -> account-error.html
 *	page_openapi	/openapi.json -> openapi.json
 *	page_asset	/assets/NAME, /assets/VERSION/NAME -> NAME
 *	page_missing	everything else: 404 in the face of the path
 *
 * None of them touches the database.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "assetreply.h"
#include "cookie.h"
#include "reply.h"

#define PAGE_NAME_MAX	64

int	page_home(struct http_request *);
int	page_show(struct http_request *);
int	page_document(struct http_request *);
int	page_admin(struct http_request *);
int	page_account_error(struct http_request *);
int	page_openapi(struct http_request *);
int	page_asset(struct http_request *);
int	page_icon(struct http_request *);
int	page_missing(struct http_request *);

static enum step	home_answer(struct request *);
static enum step	show_answer(struct request *);
static enum step	document_answer(struct request *);
static enum step	admin_answer(struct request *);
static enum step	account_error_answer(struct request *);
static enum step	openapi_answer(struct request *);
static enum step	asset_answer(struct request *);
static enum step	icon_answer(struct request *);
static enum step	missing_answer(struct request *);

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
PAGE_PLAN(admin, admin_answer);
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
page_admin(struct http_request *http)
{
	return (request_run(http, &admin_plan));
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

	return (assetreply_page(r, 200, "index.html"));
}

static enum step
show_answer(struct request *r)
{
	char	name[PAGE_NAME_MAX], file[PAGE_NAME_MAX + 8];

	if (request_segment(r, 0, name, sizeof(name)) == NULL)
		return (request_fail(r, ERROR_NOT_FOUND));
	(void)snprintf(file, sizeof(file), "%s.html", name);

	return (assetreply_page(r, 200, file));
}

static enum step
document_answer(struct request *r)
{
	return (assetreply_page(r, 200, "document.html"));
}

static enum step
admin_answer(struct request *r)
{
	char	name[PAGE_NAME_MAX], file[PAGE_NAME_MAX + 16];

	if (request_segment(r, 1, name, sizeof(name)) == NULL)
		return (assetreply_page(r, 200, "admin.html"));
	/* The page of documents, which its script makes the library's. */
	if (strcmp(name, "library") == 0)
		return (assetreply_page(r, 200, "documents.html"));
	(void)snprintf(file, sizeof(file), "admin-%s.html", name);

	return (assetreply_page(r, 200, file));
}

/* The script of the page says which error; nothing of it is in the HTML. */
static enum step
account_error_answer(struct request *r)
{
	return (assetreply_page(r, 200, "account-error.html"));
}

static enum step
openapi_answer(struct request *r)
{
	return (assetreply_file(r, NULL, "openapi.json"));
}

static enum step
asset_answer(struct request *r)
{
	char	version[PAGE_NAME_MAX], name[PAGE_NAME_MAX];

	if (request_segment(r, 2, name, sizeof(name)) != NULL)
		return (assetreply_file(r,
		    request_segment(r, 1, version, sizeof(version)), name));
	if (request_segment(r, 1, name, sizeof(name)) != NULL)
		return (assetreply_file(r, NULL, name));

	return (request_fail(r, ERROR_NOT_FOUND));
}

static enum step
icon_answer(struct request *r)
{
	return (assetreply_file(r, NULL, "icon.svg"));
}

static enum step
missing_answer(struct request *r)
{
	return (request_fail(r, ERROR_NOT_FOUND));
}
