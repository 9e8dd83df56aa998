/*
 * Sessions: who is asking, and for how long.
 */
#ifndef LECTERN_SESSION_H
#define LECTERN_SESSION_H

#include "request.h"
#include "token.h"

/* A row of `sessions` with its user, as session_find.sql returns it. */
enum session_column {
	SESSION_ID, SESSION_EXPIRES, SESSION_CREATED, SESSION_UPDATED,
	SESSION_ADDRESS, SESSION_AGENT, SESSION_IS_REMEMBERED,
	SESSION_USER_ID, SESSION_USER_NAME, SESSION_USER_EMAIL,
	SESSION_USER_VERIFIED, SESSION_USER_IMAGE, SESSION_USER_CREATED,
	SESSION_USER_UPDATED, SESSION_USER_TWO_FACTOR, SESSION_USER_ROLE,
	SESSION_NEEDS_REFRESH,
	SESSION_IS_FACTORED	/* opened since the second factor is on */
};

/* What a new session is made of; ids are drawn here. */
struct session_new {
	char	id[TOKEN_ID_LEN + 1];
	char	token[TOKEN_ID_LEN + 1];
	char	hash[TOKEN_HASH_LEN + 1];
	int	is_remembered;
	int64_t	seconds;		/* its life */
};

/* How long the session of a client that is not to be remembered lives. */
#define SESSION_FORGETFUL_SECONDS	86400

void		 session_draw(struct session_new *, int is_remembered);
/* The user agent as it is stored: at most 255 bytes, or "". */
const char	*session_agent(const struct request *, char out[256]);
/* The `user` object of better-auth from columns starting at `column`. */
json_t		*session_user(const struct db_query *, int row, int column);
/* The `session` object from a row of session_find.sql. */
json_t		*session_object(const struct db_query *, int row,
		    const char *token);
/* Sets the cookie of a session that was just made or has been refreshed. */
void		 session_hand_out(struct request *, const char *token,
		    int is_remembered);

#endif
