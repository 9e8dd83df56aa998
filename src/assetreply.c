/*
 * The choice of language is a cookie that a page sets; it names nobody and is
 * read nowhere else.
 */
#include <sys/types.h>

#include <string.h>

#include "asset.h"
#include "assetreply.h"
#include "cookie.h"
#include "reply.h"

#define ASSETREPLY_COOKIE	"lectern.language"
#define ASSETREPLY_FOR_EVER	"public, max-age=31536000, immutable"

static enum step	assetreply_send(struct request *, int,
			    const struct asset *, const char *);

enum step
assetreply_page(struct request *r, int status, const char *file)
{
	const struct asset	*asset;
	const char		*language;
	char			 choice[COOKIE_VALUE_MAX];

	language = asset_language(
	    cookie_plain(r, ASSETREPLY_COOKIE, choice) ? choice : NULL,
	    request_header(r, "accept-language"));
	if ((asset = asset_find(file, language)) == NULL)
		return (request_fail(r, ERROR_NOT_FOUND));
	reply_header(r, "content-language", language);
	reply_header(r, "vary", "accept-encoding, accept-language, cookie");

	return (assetreply_send(r, status, asset,
	    status == 200 ? "no-cache" : "no-store"));
}

enum step
assetreply_file(struct request *r, const char *version, const char *file)
{
	const struct asset	*asset = asset_find(file, "");

	if (asset == NULL)
		return (request_fail(r, ERROR_NOT_FOUND));
	reply_header(r, "vary", "accept-encoding");

	return (assetreply_send(r, 200, asset, version != NULL &&
	    strcmp(version, asset_version()) == 0 ? ASSETREPLY_FOR_EVER :
	    "no-cache"));
}

static enum step
assetreply_send(struct request *r, int status, const struct asset *asset,
    const char *keep)
{
	const struct asset_form	*form = asset_form(asset,
				    request_header(r, "accept-encoding"));
	const char		*seen = request_header(r, "if-none-match");

	reply_header(r, "cache-control", keep);
	if (status == 200) {
		reply_header(r, "etag", form->etag);
		if (seen != NULL && (strcmp(seen, "*") == 0 ||
		    strstr(seen, form->etag) != NULL))
			return (reply_empty(r, 304));
	}
	if (form->encoding != NULL)
		reply_header(r, "content-encoding", form->encoding);

	return (reply_bytes(r, status, asset_type(asset), form->data,
	    form->len));
}
