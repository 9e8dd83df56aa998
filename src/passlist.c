/*
 * The list of passwords that are refused: lines in order, searched by halves.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "passlist.h"

static char	**passlist;
static size_t	  passlist_len;

static int	passlist_add(char *);
static void	passlist_fold(char *);
static int	passlist_compare(const void *, const void *);

int
passlist_read(const char *path, char *why, size_t why_len)
{
	FILE	*file = fopen(path, "re");
	char	*line = NULL;
	size_t	 size = 0;
	int	 has_failed = file == NULL;

	while (!has_failed && (errno = 0, getline(&line, &size, file)) != -1)
		has_failed = passlist_add(line) == -1;
	has_failed = has_failed || !feof(file);
	if (has_failed)
		(void)snprintf(why, why_len, "PASSWORD_LIST cannot be read: "
		    "%s.", strerror(errno));
	free(line);
	if (file != NULL)
		(void)fclose(file);
	if (!has_failed && passlist_len > 0)
		qsort(passlist, passlist_len, sizeof(*passlist),
		    passlist_compare);

	return (has_failed ? -1 : 0);
}

int
passlist_has(const char *password)
{
	char	*folded;
	int	 is_found;

	if (passlist_len == 0 || (folded = strdup(password)) == NULL)
		return (0);
	passlist_fold(folded);
	is_found = bsearch(&folded, passlist, passlist_len,
	    sizeof(*passlist), passlist_compare) != NULL;
	explicit_bzero(folded, strlen(folded));
	free(folded);

	return (is_found);
}

static int
passlist_add(char *line)
{
	char	**grown;

	line[strcspn(line, "\r\n")] = '\0';
	passlist_fold(line);
	/* It doubles at each power of two. */
	if ((passlist_len & (passlist_len - 1)) == 0) {
		grown = realloc(passlist, (passlist_len == 0 ? 1 :
		    2 * passlist_len) * sizeof(*passlist));
		if (grown == NULL)
			return (-1);
		passlist = grown;
	}
	if ((passlist[passlist_len] = strdup(line)) == NULL)
		return (-1);
	passlist_len++;

	return (0);
}

static void
passlist_fold(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

static int
passlist_compare(const void *a, const void *b)
{
	return (strcmp(*(char *const *)a, *(char *const *)b));
}
