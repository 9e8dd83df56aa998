/*
 * The grammar of kore.conf, as Kore 4.1 reads it (src/config.c there).
 *
 *	confcheck_file -> a line -> split -> confword.c: the block where the
 *	word may stand, how many words follow, and a function for the rest
 *
 * One directive a line; blanks or tabs between words, no quoting. `{` ends the
 * line that opens a block, `}` stands alone. What a later line may name
 * (servers, validators, authentications, routes) is remembered with its line.
 *
 * Deliberately missing: going on after the first wrong line; the next ones
 * are often its consequences.
 */
#include <sys/types.h>

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "confcheck.h"
#include "confword.h"

#define CONF_LINE_MAX	8190	/* BUFSIZ, where Kore cuts a line in two */

#define COUNT(table)	(sizeof(table) / sizeof((table)[0]))

static int	confcheck_lines(struct conf *, FILE *);
static int	confcheck_line(struct conf *, char *);
static int	confcheck_split(struct conf *, char *);
static int	confcheck_word(struct conf *, const char *);
static int	confcheck_close(struct conf *);
static int	confcheck_end(struct conf *);
static unsigned	confcheck_scope(const struct conf *, enum conf_kind);

int
confcheck_file(const char *path, int (*is_handler)(const char *), char *why,
    size_t why_len)
{
	struct conf	conf;
	size_t		i;
	int		ret;

	memset(&conf, 0, sizeof(conf));
	conf.is_handler = is_handler;
	conf.why = why;
	conf.why_len = why_len;
	ret = confcheck_read(&conf, path);
	if (ret == 0)
		ret = confcheck_end(&conf);

	for (i = 0; i < conf.names_len; i++) {
		if (conf.names[i].is_regex)
			regfree(&conf.names[i].rule);
		free(conf.names[i].text);
		free(conf.names[i].value);
	}
	free(conf.names);
	free(conf.copy);

	return (ret);
}

/* The whole of a file; what one that includes it has said stays known. */
int
confcheck_read(struct conf *conf, const char *path)
{
	const char	*outer = conf->file;
	unsigned	 line = conf->line;
	FILE		*in;
	int		 ret;

	if ((in = fopen(path, "r")) == NULL) {
		if (outer != NULL)
			return (confcheck_wrong(conf, "%s cannot be read: %s",
			    path, strerror(errno)));
		(void)snprintf(conf->why, conf->why_len, "%s cannot be read: "
		    "%s; it is looked for in the folder where the program "
		    "is started.", path, strerror(errno));
		return (-1);
	}
	conf->file = path;
	conf->line = 0;
	ret = confcheck_lines(conf, in);
	(void)fclose(in);
	if (outer != NULL) {
		conf->file = outer;
		conf->line = line;
	}

	return (ret);
}

static int
confcheck_lines(struct conf *conf, FILE *in)
{
	char	*line = NULL;
	size_t	 size = 0;
	ssize_t	 len;
	int	 ret = 0;

	while (ret == 0 && (len = getline(&line, &size, in)) != -1) {
		conf->line++;
		if (line[len - 1] == '\n')
			line[--len] = '\0';
		if (len > CONF_LINE_MAX)
			ret = confcheck_wrong(conf, "the line is longer than "
			    "%d bytes", CONF_LINE_MAX);
		else if (strlen(line) != (size_t)len)
			ret = confcheck_wrong(conf,
			    "the line holds a zero byte");
		else
			ret = confcheck_line(conf, line);
	}
	free(line);
	if (ret == 0 && conf->depth > 0) {
		conf->line = conf->open[conf->depth - 1].line;
		ret = confcheck_wrong(conf, "the block that begins here is "
		    "never closed by a \"}\"");
	}

	return (ret);
}

static int
confcheck_line(struct conf *conf, char *line)
{
	while (isspace((unsigned char)*line))
		line++;
	if (*line == '\0' || *line == '#')
		return (0);
	if (strchr(line, '\r') != NULL)
		return (confcheck_wrong(conf, "the line ends as on Windows; "
		    "save the file with line ends of Unix"));
	if (*line == '}')
		return (line[1] == '\0' ? confcheck_close(conf) :
		    confcheck_wrong(conf, "a \"}\" stands alone on its line, "
		    "without blanks behind it"));
	if (confcheck_split(conf, line) == -1)
		return (-1);

	return (confcheck_word(conf, line));
}

/* Cuts the line behind its first word; the others go to conf->words. */
static int
confcheck_split(struct conf *conf, char *line)
{
	char	*p, *copy;

	for (p = line; *p != '\0'; p++) {
		if (*p == '\t')
			*p = ' ';
	}
	while (p > line && p[-1] == ' ')
		*--p = '\0';
	p = line + strcspn(line, " ");
	if (*p == ' ')
		*p++ = '\0';
	conf->rest = p + strspn(p, " ");

	free(conf->copy);
	if ((copy = conf->copy = strdup(conf->rest)) == NULL)
		return (confcheck_wrong(conf, "there is no memory"));
	conf->count = 0;
	while ((p = strsep(&copy, " ")) != NULL) {
		if (*p == '\0')
			continue;
		if (conf->count < CONF_WORDS_MAX)
			conf->words[conf->count] = p;
		conf->count++;
	}

	return (0);
}

static int
confcheck_word(struct conf *conf, const char *name)
{
	static const char *const	places[] = {
		[IN_TOP] = "outside of all blocks",
		[IN_SERVER] = "in a server block",
		[IN_AUTH] = "in an authentication block",
		[IN_DOMAIN] = "in a domain block",
		[IN_PARAMS] = "in a params block"
	};
	const struct conf_word	*word = confword_find(name);
	enum conf_block		 here;

	if (word == NULL)
		return (confcheck_wrong(conf, "there is no directive \"%s\"",
		    name));
	here = conf->depth == 0 ? IN_TOP : conf->open[conf->depth - 1].block;
	if (word->block != here)
		return (confcheck_wrong(conf, "\"%s\" belongs %s, not %s",
		    name, places[word->block], places[here]));
	if (conf->count < word->least || conf->count > word->most)
		return (confcheck_wrong(conf, "the line has too %s words; "
		    "it is written: %s", conf->count < word->least ? "few" :
		    "many", word->form));

	return (word->check(conf, word));
}

int
confcheck_open(struct conf *conf, enum conf_block block)
{
	if (strcmp(conf->words[conf->count - 1], "{") != 0)
		return (confcheck_wrong(conf, "the line must end with \" {\""));
	conf->open[conf->depth].block = block;
	conf->open[conf->depth].line = conf->line;
	conf->open[conf->depth].seen = 0;
	conf->depth++;

	return (0);
}

/* What a block must have said by its end. */
static int
confcheck_close(struct conf *conf)
{
	static const struct {
		enum conf_block	 block;
		enum conf_seen	 seen;
		const char	*line;
	}		needed[] = {
		{ IN_SERVER, SEEN_BIND, "bind ADDRESS PORT edge_connect" },
		{ IN_SERVER, SEEN_TLS, "tls no" },
		{ IN_AUTH, SEEN_TYPE, "authentication_type request" },
		{ IN_AUTH, SEEN_RULE, "authentication_validator VALIDATOR" },
		{ IN_DOMAIN, SEEN_ATTACH, "attach SERVER" }
	};
	size_t		i;

	if (conf->depth == 0)
		return (confcheck_wrong(conf, "there is no block to close"));
	conf->depth--;
	for (i = 0; i < COUNT(needed); i++) {
		if (conf->open[conf->depth].block == needed[i].block &&
		    !(conf->open[conf->depth].seen & needed[i].seen))
			return (confcheck_wrong(conf, "the block that ends "
			    "here lacks the line: %s", needed[i].line));
	}

	return (0);
}

/* Names that the program looks up: without them it would check nothing. */
static int
confcheck_end(struct conf *conf)
{
	static const struct {
		enum conf_kind	 kind;
		const char	*what, *name;
	}		needed[] = {
		{ NAME_VALIDATOR, "validator", "email" },
		{ NAME_VALIDATOR, "validator", "password" },
		{ NAME_VALIDATOR, "validator", "name" },
		{ NAME_AUTH, "authentication", "session" },
		{ NAME_AUTH, "authentication", "person" },
		{ NAME_AUTH, "authentication", "visitor" }
	};
	size_t		i;

	for (i = 0; i < COUNT(needed); i++) {
		if (confcheck_find(conf, needed[i].kind, needed[i].name) ==
		    NULL)
			return (confcheck_wrong(conf, "the %s \"%s\" is "
			    "missing, which the program asks for",
			    needed[i].what, needed[i].name));
	}
	if (conf->domain == 0)
		return (confcheck_wrong(conf, "there is no domain block, "
		    "hence no route"));

	return (0);
}

int
confcheck_wrong(struct conf *conf, const char *format, ...)
{
	char	text[384];
	va_list	args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	(void)snprintf(conf->why, conf->why_len, "%s:%u: %s.", conf->file,
	    conf->line, text);

	return (-1);
}

/* ---- names ---- */

struct conf_name *
confcheck_find(const struct conf *conf, enum conf_kind kind, const char *text)
{
	size_t	i;

	for (i = 0; i < conf->names_len; i++) {
		if (conf->names[i].kind == kind &&
		    conf->names[i].domain == confcheck_scope(conf, kind) &&
		    strcmp(conf->names[i].text, text) == 0)
			return (&conf->names[i]);
	}

	return (NULL);
}

int
confcheck_keep(struct conf *conf, enum conf_kind kind, const char *text,
    const char *value)
{
	struct conf_name	*name = confcheck_find(conf, kind, text);

	if (name != NULL)
		return (confcheck_wrong(conf, "line %u says the same of "
		    "\"%s\" already; only one of them can count", name->line,
		    text));
	name = reallocarray(conf->names, conf->names_len + 1, sizeof(*name));
	if (name == NULL)
		return (confcheck_wrong(conf, "there is no memory"));
	conf->names = name;
	name += conf->names_len++;
	memset(name, 0, sizeof(*name));
	name->kind = kind;
	name->domain = confcheck_scope(conf, kind);
	name->line = conf->line;
	name->text = strdup(text);
	if (value != NULL)
		name->value = strdup(value);

	return (name->text == NULL || (value != NULL && name->value == NULL) ?
	    confcheck_wrong(conf, "there is no memory") : 0);
}

/* Routes and what speaks of them belong to their domain. */
static unsigned
confcheck_scope(const struct conf *conf, enum conf_kind kind)
{
	return (kind == NAME_ROUTE || kind == NAME_RESTRICT ||
	    kind == NAME_PARAMS ? conf->domain : 0);
}
