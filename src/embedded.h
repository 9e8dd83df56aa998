/*
 * The files of assets/ that kodev compiles into the program, listed without
 * a table to keep: it gives each file four symbols (asset_NAME, asset_len_,
 * asset_mtime_, asset_sha256_), with every character of the name that is not
 * a letter or digit turned to "_".
 */
#ifndef LECTERN_EMBEDDED_H
#define LECTERN_EMBEDDED_H

#include <stddef.h>

struct embedded {
	const char	*name;	/* "chat_html"; lives as long as the program */
	const void	*data;
	size_t		 len;	/* bytes */
};

/* Calls `each` for every file, in the order of the symbol table. */
void	embedded_each(void (*each)(const struct embedded *, void *), void *);
/* The symbol's name for a file's; 0 when it does not fit. */
int	embedded_name(const char *file, char *out, size_t size);

#endif
