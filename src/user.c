/*
 * The operator's tools for accounts.
 *
 *	list			everybody, a line each
 *	add EMAIL		an account that waits for its password, with a
 *				link to choose it; also while SIGN_UP=closed
 *	admin EMAIL		an administrator from now on
 *	disable EMAIL		signed out everywhere, and may not sign in
 *	enable EMAIL		may sign in again
 *	reset-link EMAIL	a link to choose a new password
 *	import URI		the accounts of a quickstart's or better-auth's
 *				database; may be run again
 *
 * Links go out by mail, or to the terminal where there is none. An address
 * that the operator adds counts as verified: the operator vouches for it.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "conninfo.h"
#include "dbsync.h"
#include "letter.h"
#include "takeover.h"
#include "user.h"

/* What kore.conf's validator `email` says; commands read no kore.conf. */
#define USER_ADDRESS							\
	"^([A-Za-z0-9_'+-]+\\.)*[A-Za-z0-9_'+-]*[A-Za-z0-9_+-]@"	\
	"([A-Za-z0-9][A-Za-z0-9-]*\\.)+[A-Za-z]{2,}$"
#define USER_ADDRESS_MAX	255

struct user {
	struct dbsync	 db;
	struct letter	 letter;
	char		 email[USER_ADDRESS_MAX + 1];	/* lower case */
	char		*argument;	/* as it was given */
};

/* Columns of user_list.sql. */
enum { COLUMN_EMAIL, COLUMN_ROLE, COLUMN_STATE, COLUMN_SINCE, COLUMN_SEEN };

static int	user_list(struct user *);
static int	user_add(struct user *);
static int	user_admin(struct user *);
static int	user_disable(struct user *);
static int	user_enable(struct user *);
static int	user_reset_link(struct user *);
static int	user_import(struct user *);
static int	user_usage(void);
static int	user_read_email(struct user *);
static int	user_change(struct user *, enum statement, const char *);
static int	user_linked(struct user *, char *, const char *);
static const char *user_role(const struct dbsync *, int);
static void	user_left_out(const char *);
static int	user_nobody(const struct user *);
static int	user_failed(const struct dbsync *);

static const struct {
	const char	*name;
	const char	*argument;	/* what it is called in the usage */
	int		(*run)(struct user *);
} user_commands[] = {
	{ "list", NULL, user_list },
	{ "add", "EMAIL", user_add },
	{ "admin", "EMAIL", user_admin },
	{ "disable", "EMAIL", user_disable },
	{ "enable", "EMAIL", user_enable },
	{ "reset-link", "EMAIL", user_reset_link },
	{ "import", "URI", user_import }
};
#define USER_COMMANDS	(sizeof(user_commands) / sizeof(user_commands[0]))

int
user_main(const char *conninfo, int argc, char **argv)
{
	struct user	user;
	size_t		i;
	int		ret;

	for (i = 0; argc > 1 && i < USER_COMMANDS; i++) {
		if (strcmp(argv[1], user_commands[i].name) == 0)
			break;
	}
	if (argc < 2 || i == USER_COMMANDS ||
	    argc != (user_commands[i].argument == NULL ? 2 : 3))
		return (user_usage());
	memset(&user, 0, sizeof(user));
	user.argument = argv[2];
	if (user_commands[i].run != user_import &&
	    user.argument != NULL && user_read_email(&user) == -1)
		return (1);
	if (dbsync_open(&user.db, conninfo) == -1)
		ret = user_failed(&user.db);
	else
		ret = user_commands[i].run(&user);
	letter_free(&user.letter);
	dbsync_close(&user.db);

	return (ret);
}

static int
user_list(struct user *user)
{
	struct dbsync	*db = &user->db;
	int		 row, width = (int)strlen("E-MAIL");

	if (dbsync_run(db, STATEMENT_USER_LIST, NULL, 0) == -1)
		return (user_failed(db));
	for (row = 0; row < dbsync_rows(db); row++) {
		if ((int)strlen(dbsync_text(db, row, COLUMN_EMAIL)) > width)
			width = (int)strlen(dbsync_text(db, row,
			    COLUMN_EMAIL));
	}
	(void)printf("%-*s  ROLE   STATE        SINCE       LAST SIGN-IN\n",
	    width, "E-MAIL");
	for (row = 0; row < dbsync_rows(db); row++)
		(void)printf("%-*s  %-5s  %-11s  %s  %s\n", width,
		    dbsync_text(db, row, COLUMN_EMAIL), user_role(db, row),
		    dbsync_text(db, row, COLUMN_STATE),
		    dbsync_text(db, row, COLUMN_SINCE),
		    *dbsync_text(db, row, COLUMN_SEEN) == '\0' ? "never" :
		    dbsync_text(db, row, COLUMN_SEEN));

	return (0);
}

static int
user_add(struct user *user)
{
	struct letter	*letter = &user->letter;
	char		 id[TOKEN_ID_LEN + 1];
	char		*link = letter_or_link(letter, LETTER_INVITE);
	struct db_param	 params[] = {
		DB_TEXT(id), DB_TEXT(user->email), DB_TEXT(letter->hash),
		LETTER_ID(letter), LETTER_SEALED(letter),
		DB_INT(LETTER_INVITE_SECONDS)
	};

	token_id(id);
	if (dbsync_run(&user->db, STATEMENT_USER_ADD, params, 6) == -1) {
		free(link);
		return (user_failed(&user->db));
	}
	if (dbsync_rows(&user->db) == 0) {
		free(link);
		(void)fprintf(stderr, "lectern: %s has an account already; "
		    "`lectern user reset-link` makes a link for it.\n",
		    user->email);
		return (1);
	}

	return (user_linked(user, link, "seven days"));
}

static int
user_reset_link(struct user *user)
{
	struct letter	*letter = &user->letter;
	char		*link = letter_or_link(letter, LETTER_RESET);
	struct db_param	 params[] = {
		DB_TEXT(user->email), DB_TEXT(letter->hash),
		LETTER_ID(letter), LETTER_SEALED(letter),
		DB_INT(LETTER_RESET_SECONDS)
	};

	if (dbsync_run(&user->db, STATEMENT_USER_LINK, params, 5) == -1) {
		free(link);
		return (user_failed(&user->db));
	}
	if (dbsync_rows(&user->db) == 0) {
		free(link);
		(void)fprintf(stderr, "lectern: no account that may sign in "
		    "has the address %s.\n", user->email);
		return (1);
	}

	return (user_linked(user, link, "one hour"));
}

static int
user_admin(struct user *user)
{
	return (user_change(user, STATEMENT_USER_ADMIN,
	    "is an administrator"));
}

static int
user_disable(struct user *user)
{
	return (user_change(user, STATEMENT_USER_DISABLE,
	    "is signed out everywhere and may not sign in"));
}

static int
user_enable(struct user *user)
{
	return (user_change(user, STATEMENT_USER_ENABLE, "may sign in"));
}

static int
user_import(struct user *user)
{
	struct takeover	 takeover = { .tell = user_left_out };
	struct dbsync	 from;
	char		 why[256];
	char		*conninfo = conninfo_make(user->argument, why,
	    sizeof(why));
	int		 found = 0, ret = 0;

	/* It may hold a password, and arguments are seen by everybody. */
	explicit_bzero(user->argument, strlen(user->argument));
	if (conninfo == NULL) {
		(void)fprintf(stderr, "lectern: %s\n", why);
		return (1);
	}
	if (dbsync_open(&from, conninfo) == -1) {
		ret = user_failed(&from);
	} else if (takeover_copy(&from, &user->db, &takeover, &found) == -1) {
		ret = user_failed(from.error != ERROR_NONE ? &from :
		    &user->db);
	} else if (!found) {
		(void)fprintf(stderr, "lectern: That database holds no "
		    "accounts of the quickstart or of better-auth.\n");
		ret = 1;
	} else {
		(void)printf("%" PRId64 " accounts were imported, %" PRId64
		    " left out.\n", takeover.taken, takeover.left_out);
	}
	dbsync_close(&from);
	explicit_bzero(conninfo, strlen(conninfo));
	free(conninfo);

	return (ret);
}

static int
user_usage(void)
{
	size_t	i;

	(void)fprintf(stderr, "usage:");
	for (i = 0; i < USER_COMMANDS; i++)
		(void)fprintf(stderr, "\tlectern user %s%s%s\n",
		    user_commands[i].name,
		    user_commands[i].argument == NULL ? "" : " ",
		    user_commands[i].argument == NULL ? "" :
		    user_commands[i].argument);

	return (2);
}

/* The argument in lower case into user->email. */
static int
user_read_email(struct user *user)
{
	const char	*email = user->argument;
	regex_t		 rule;
	size_t		 i;
	int		 fits;

	if (regcomp(&rule, USER_ADDRESS, REG_EXTENDED | REG_NOSUB) != 0)
		return (-1);
	fits = strlen(email) <= USER_ADDRESS_MAX &&
	    regexec(&rule, email, 0, NULL, 0) == 0;
	regfree(&rule);
	if (!fits) {
		(void)fprintf(stderr, "lectern: \"%s\" is no e-mail address "
		    "that can sign in.\n", email);
		return (-1);
	}
	for (i = 0; email[i] != '\0'; i++)
		user->email[i] = email[i] >= 'A' && email[i] <= 'Z' ?
		    (char)(email[i] + 'a' - 'A') : email[i];

	return (0);
}

static int
user_change(struct user *user, enum statement statement, const char *done)
{
	struct db_param	params[] = { DB_TEXT(user->email) };

	if (dbsync_run(&user->db, statement, params, 1) == -1)
		return (user_failed(&user->db));
	if (dbsync_rows(&user->db) == 0)
		return (user_nobody(user));
	(void)printf("%s %s.\n", user->email, done);

	return (0);
}

/* Says how the link got out, and frees it. */
static int
user_linked(struct user *user, char *link, const char *life)
{
	if (link == NULL) {
		(void)printf("A link to choose a password is on its way to "
		    "%s; it is good for %s.\n", user->email, life);
		return (0);
	}
	(void)fprintf(stderr, "Give this link to %s; it is good for one "
	    "password and for %s:\n", user->email, life);
	(void)printf("%s\n", link);
	explicit_bzero(link, strlen(link));
	free(link);

	return (0);
}

/* ADMIN_EMAIL's owner is one without a word in the database. */
static const char *
user_role(const struct dbsync *db, int row)
{
	if (config.admin_email != NULL &&
	    strcasecmp(config.admin_email,
	    dbsync_text(db, row, COLUMN_EMAIL)) == 0 &&
	    strcmp(dbsync_text(db, row, COLUMN_STATE), "verified") == 0)
		return ("admin");

	return (dbsync_text(db, row, COLUMN_ROLE));
}

static void
user_left_out(const char *email)
{
	(void)fprintf(stderr, "lectern: %s left out: the address or the id "
	    "has an account here, or the id has more than 36 characters.\n",
	    email);
}

static int
user_nobody(const struct user *user)
{
	(void)fprintf(stderr, "lectern: no account has the address %s.\n",
	    user->email);

	return (1);
}

static int
user_failed(const struct dbsync *db)
{
	char	words[256];

	/* No such function, table or column. */
	if (strcmp(db->sqlstate, "42883") == 0 ||
	    strcmp(db->sqlstate, "42P01") == 0 ||
	    strcmp(db->sqlstate, "42703") == 0) {
		(void)fprintf(stderr, "lectern: The database has not this "
		    "program's schema; run `lectern migrate` first.\n");
		return (1);
	}
	dbsync_why(db, words, sizeof(words));
	(void)fprintf(stderr, "lectern: The database failed: %s\n", words);

	return (1);
}
