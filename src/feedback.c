/*
 * What a reader thinks of an answer.
 *
 *	POST /api/messages/ID/feedback	feedback_read -> feedback_stored
 *
 * One rating a message, of an answer in one's own conversation; a new one
 * takes the place of the former, 0 or null takes it back.
 */
#include <stddef.h>
#include <string.h>

#include "input.h"
#include "message.h"
#include "reply.h"
#include "token.h"
#include "utf8.h"

#define FEEDBACK_COMMENT_MAX	2000	/* characters */
#define FEEDBACK_COMMENT_BYTES	(4 * FEEDBACK_COMMENT_MAX)

int	feedback_create(struct http_request *);

struct feedback {
	int64_t		 rating;
	const char	*comment;	/* borrows from the body, or NULL */
};

static const struct input_field	feedback_fields[] = {
	{ .name = "rating", .type = INPUT_INTEGER, .flags = INPUT_NULLABLE,
	  .offset = offsetof(struct feedback, rating), .min = -1, .max = 1 },
	{ .name = "comment", .type = INPUT_STRING, .flags = INPUT_NULLABLE,
	  .offset = offsetof(struct feedback, comment),
	  .max = FEEDBACK_COMMENT_BYTES }
};

/* Columns of feedback_put.sql. */
enum { COLUMN_RATING = 1, COLUMN_COMMENT };

enum { FEEDBACK_READ, FEEDBACK_STORED };

static enum step	feedback_read(struct request *);
static enum step	feedback_stored(struct request *);

static const struct request_step	feedback_steps[] = {
	[FEEDBACK_READ] = REQUEST_STEP(feedback_read),
	[FEEDBACK_STORED] = REQUEST_STEP(feedback_stored)
};
static const struct request_plan	feedback_plan = {
	.name = "POST /api/messages/ID/feedback",
	.steps = feedback_steps, .steps_len = 2,
	.data_len = sizeof(struct feedback)
};

int
feedback_create(struct http_request *http)
{
	return (request_run(http, &feedback_plan));
}

/* A comment that says nothing is none; -1 when it is too long. */
static int
feedback_comment(struct feedback *f)
{
	size_t	i, len, characters = 0;

	if (f->comment == NULL)
		return (0);
	len = strlen(f->comment);
	for (i = 0; i < len; i++)
		characters += ((unsigned char)f->comment[i] & 0xc0) != 0x80;
	if (utf8_skip_blanks(f->comment, len, 0) == len)
		f->comment = NULL;

	return (characters > FEEDBACK_COMMENT_MAX ? -1 : 0);
}

static enum step
feedback_read(struct request *r)
{
	struct feedback	*f = r->data;
	char		 id[TOKEN_ID_LEN + 1];

	if (input_json(r, feedback_fields, 2, f) == STEP_DONE)
		return (STEP_DONE);
	/* null takes a rating back; a body without one is a mistake. */
	if (json_object_get(r->body, "rating") == NULL)
		return (request_fail_field(r, ERROR_VALIDATION, "rating",
		    "rating is 1, -1, or 0 to take it back"));
	if (feedback_comment(f) == -1)
		return (request_fail_field(r, ERROR_VALIDATION, "comment",
		    "comment is longer than 2000 characters"));
	if (request_segment(r, 2, id, sizeof(id)) == NULL ||
	    !utf8_is_text(id, strlen(id)))
		return (request_fail(r, ERROR_MESSAGE_NOT_FOUND));

	return (db_send(r, FEEDBACK_STORED, STATEMENT_FEEDBACK_PUT,
	    DB_TEXT(r->who.user_id), DB_TEXT(id), DB_INT(f->rating),
	    DB_TEXT(f->comment)));
}

static enum step
feedback_stored(struct request *r)
{
	if (db_rows(&r->db) == 0)
		return (request_fail(r, ERROR_MESSAGE_NOT_FOUND));

	return (reply_json(r, 200, json_pack("{s:o}", "feedback",
	    message_feedback(&r->db, 0, COLUMN_RATING, COLUMN_COMMENT))));
}
