/*
 * Messages of a conversation as clients see them: {id, clientId, parentId,
 * role, text, citations, status, createdAt}, and of an answer model, usage,
 * error and feedback; branches where several follow the same message.
 */
#ifndef LECTERN_MESSAGE_H
#define LECTERN_MESSAGE_H

#include <jansson.h>

#include "db.h"

/* Columns of the view message_cards, in the order of the statements. */
enum message_column {
	MESSAGE_ID, MESSAGE_CLIENT_ID, MESSAGE_PARENT_ID, MESSAGE_BRANCHES,
	MESSAGE_ROLE, MESSAGE_TEXT, MESSAGE_CITATIONS, MESSAGE_STATUS,
	MESSAGE_ERROR, MESSAGE_MODEL, MESSAGE_USAGE, MESSAGE_FEEDBACK,
	MESSAGE_CREATED, MESSAGE_IS_DEAD
};

/* Of a row whose message begins at column `first`; a new object. */
json_t	*message_json(const struct db_query *, int row, int first);
/* {rating, comment} of two columns, or null when the first is; a new value. */
json_t	*message_feedback(const struct db_query *, int row, int rating,
	    int comment);

#endif
