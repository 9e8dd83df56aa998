/*
 * The words of kore.conf; between confcheck.c, which reads the lines, and
 * confword.c, which knows what each word wants.
 */
#ifndef LECTERN_CONFWORD_H
#define LECTERN_CONFWORD_H

#include <sys/types.h>

#include <regex.h>
#include <stddef.h>
#include <stdint.h>

#define CONF_WORDS_MAX	12	/* behind the first */
#define CONF_DEPTH_MAX	3	/* blocks in each other */
#define CONF_FILES_MAX	8	/* files that include each other */

enum conf_block { IN_TOP, IN_SERVER, IN_AUTH, IN_DOMAIN, IN_PARAMS };

enum conf_kind { NAME_SETTING, NAME_SERVER, NAME_VALIDATOR, NAME_AUTH,
    NAME_DOMAIN, NAME_ROUTE, NAME_RESTRICT, NAME_PARAMS };

/* What a block has said so far. */
enum conf_seen { SEEN_BIND = 1, SEEN_TLS = 2, SEEN_ATTACH = 4, SEEN_TYPE = 8,
    SEEN_RULE = 16 };

/* Something that later lines may name, and where it stands. */
struct conf_name {
	enum conf_kind	 kind;
	unsigned	 domain;	/* of routes and what speaks of them */
	unsigned	 line;
	char		*text;
	char		*value;		/* a validator's pattern, or NULL */
	int		 is_regex;	/* then rule is compiled */
	regex_t		 rule;
};

struct conf {
	const char	*file;
	unsigned	 line;
	const char	*rest;		/* of the line, behind its word */
	char		*copy;		/* what words point into */
	const char	*words[CONF_WORDS_MAX];
	int		 count;		/* of words, maybe more than fit */
	int		 depth, files;
	struct {
		enum conf_block	 block;
		unsigned	 line, seen;
	}		 open[CONF_DEPTH_MAX];
	unsigned	 domain;	/* which one, from 1 */
	struct conf_name *names;
	size_t		 names_len;
	int		(*is_handler)(const char *);
	char		*why;
	size_t		 why_len;
};

struct conf_word {
	const char	*name;
	enum conf_block	 block;		/* where it stands */
	int		(*check)(struct conf *, const struct conf_word *);
	int		 least, most;	/* words behind it */
	int64_t		 min, max;	/* of a number */
	const char	*form;		/* how the line is written */
};

/* NULL for a word that has no meaning here. */
const struct conf_word	*confword_find(const char *);

/* Of confcheck.c: each 0, or -1 with `why` written. */
int	confcheck_read(struct conf *, const char *path);
int	confcheck_wrong(struct conf *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));
int	confcheck_open(struct conf *, enum conf_block);
/* Remembers a name of the present line; a second of its kind is refused. */
int	confcheck_keep(struct conf *, enum conf_kind, const char *text,
	    const char *value);
struct conf_name *confcheck_find(const struct conf *, enum conf_kind,
	    const char *text);

#endif
