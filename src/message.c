/*
 * Rows of messages as JSON.
 */
#include <string.h>

#include "error.h"
#include "message.h"
#include "reply.h"

/* A text or null; a new value. */
static json_t *
message_text(const struct db_query *db, int row, int column)
{
	return (db_is_null(db, row, column) ? json_null() :
	    json_string(db_text(db, row, column)));
}

/* A column of JSON, null when there is none; a new value. */
static json_t *
message_value(const struct db_query *db, int row, int column)
{
	json_t	*value = NULL;

	if (!db_is_null(db, row, column))
		value = json_loads(db_text(db, row, column), JSON_DECODE_ANY,
		    NULL);

	return (value == NULL ? json_null() : value);
}

json_t *
message_json(const struct db_query *db, int row, int first)
{
	json_t		*message;
	const char	*code;
	char		 created[25];

	reply_date(db_int(db, row, first + MESSAGE_CREATED), created);
	message = json_pack("{s:s, s:o, s:o, s:s, s:s, s:o, s:s, s:s}",
	    "id", db_text(db, row, first + MESSAGE_ID),
	    "clientId", message_text(db, row, first + MESSAGE_CLIENT_ID),
	    "parentId", message_text(db, row, first + MESSAGE_PARENT_ID),
	    "role", db_text(db, row, first + MESSAGE_ROLE),
	    "text", db_text(db, row, first + MESSAGE_TEXT),
	    "citations", message_value(db, row, first + MESSAGE_CITATIONS),
	    "createdAt", created,
	    "status", db_text(db, row, first + MESSAGE_STATUS));
	if (!db_is_null(db, row, first + MESSAGE_BRANCHES))
		json_object_set_new(message, "branches",
		    message_value(db, row, first + MESSAGE_BRANCHES));
	if (strcmp(db_text(db, row, first + MESSAGE_ROLE), "assistant") != 0)
		return (message);

	json_object_set_new(message, "model",
	    message_text(db, row, first + MESSAGE_MODEL));
	json_object_set_new(message, "usage",
	    message_value(db, row, first + MESSAGE_USAGE));
	code = db_text(db, row, first + MESSAGE_ERROR);
	json_object_set_new(message, "error",
	    db_is_null(db, row, first + MESSAGE_ERROR) ? json_null() :
	    json_pack("{s:s, s:s}", "code", code, "message",
	    error_text(code)));
	json_object_set_new(message, "feedback",
	    message_value(db, row, first + MESSAGE_FEEDBACK));

	return (message);
}

json_t *
message_feedback(const struct db_query *db, int row, int rating, int comment)
{
	if (db_is_null(db, row, rating))
		return (json_null());

	return (json_pack("{s:I, s:o}",
	    "rating", (json_int_t)db_int(db, row, rating),
	    "comment", message_text(db, row, comment)));
}
