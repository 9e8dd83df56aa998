/*
 * The table of errors, and the reason phrases of the statuses in use.
 */
#include <stddef.h>
#include <string.h>

#include "error.h"

static const struct error_info	errors[ERROR_COUNT] = {
#define ERROR_ENTRY(name, status, code, message)			\
	[ERROR_##name] = { status, code, message },
	ERROR_LIST(ERROR_ENTRY)
#undef ERROR_ENTRY
};

static const struct {
	int		 status;
	const char	*reason;
} reasons[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 206, "Partial Content" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Range Not Satisfiable" },
	{ 417, "Expectation Failed" },
	{ 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
	{ 507, "Insufficient Storage" },
};

const struct error_info *
error_info(enum error_id id)
{
	if ((unsigned int)id >= ERROR_COUNT)
		id = ERROR_INTERNAL;

	return (&errors[id]);
}

const char *
error_text(const char *code)
{
	unsigned int	i;

	for (i = 0; i < ERROR_COUNT; i++)
		if (errors[i].code != NULL && strcmp(errors[i].code, code) == 0)
			return (errors[i].message);

	return (errors[ERROR_INTERNAL].message);
}

const char *
error_reason(int status)
{
	unsigned int	i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].status == status)
			return (reasons[i].reason);
	}

	return ("");
}
