/*
 * Reads the program's own dynamic symbol table, which is there because Kore
 * links with -rdynamic to find handlers by name. How many symbols there are
 * stands nowhere but in the GNU hash table: the highest bucket's chain ends
 * with the last one.
 */
#include <sys/types.h>

#include <ctype.h>
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#include "embedded.h"

#define EMBEDDED_LENGTH	"asset_len_"
#define EMBEDDED_DATA	"asset_"

/* What is wanted of the dynamic section. */
struct embedded_table {
	const Elf64_Sym	*symbols;
	const char	*names;
	const u_int32_t	*hash;
};

static int	embedded_table(struct embedded_table *);
static size_t	embedded_count(const u_int32_t *);

void
embedded_each(void (*each)(const struct embedded *, void *), void *arg)
{
	struct embedded_table	 table;
	struct embedded		 file;
	const u_int32_t		*len;
	const char		*name;
	char			 symbol[128];
	size_t			 i, count;

	if (!embedded_table(&table))
		return;
	count = embedded_count(table.hash);
	for (i = 0; i < count; i++) {
		name = table.names + table.symbols[i].st_name;
		if (strncmp(name, EMBEDDED_LENGTH,
		    sizeof(EMBEDDED_LENGTH) - 1) != 0)
			continue;
		file.name = name + sizeof(EMBEDDED_LENGTH) - 1;
		if (strlen(file.name) + sizeof(EMBEDDED_DATA) > sizeof(symbol))
			continue;
		(void)snprintf(symbol, sizeof(symbol), EMBEDDED_DATA "%s",
		    file.name);
		if ((len = dlsym(RTLD_DEFAULT, name)) == NULL ||
		    (file.data = dlsym(RTLD_DEFAULT, symbol)) == NULL)
			continue;
		file.len = *len;
		each(&file, arg);
	}
}

int
embedded_name(const char *file, char *out, size_t size)
{
	size_t	i;

	for (i = 0; file[i] != '\0'; i++) {
		if (i + 1 >= size)
			return (0);
		out[i] = isalnum((unsigned char)file[i]) ? file[i] : '_';
	}
	out[i] = '\0';

	return (1);
}

static int
embedded_table(struct embedded_table *table)
{
	struct link_map		*map;
	const Elf64_Dyn		*entry;
	void			*self;

	memset(table, 0, sizeof(*table));
	if ((self = dlopen(NULL, RTLD_LAZY | RTLD_NOLOAD)) == NULL)
		return (0);
	if (dlinfo(self, RTLD_DI_LINKMAP, &map) == 0) {
		for (entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
			if (entry->d_tag == DT_SYMTAB)
				table->symbols =
				    (const Elf64_Sym *)entry->d_un.d_ptr;
			else if (entry->d_tag == DT_STRTAB)
				table->names =
				    (const char *)entry->d_un.d_ptr;
			else if (entry->d_tag == DT_GNU_HASH)
				table->hash =
				    (const u_int32_t *)entry->d_un.d_ptr;
		}
	}
	(void)dlclose(self);

	return (table->symbols != NULL && table->names != NULL &&
	    table->hash != NULL);
}

/* Header of four words, the filter, the buckets, the chains. */
static size_t
embedded_count(const u_int32_t *hash)
{
	const u_int32_t	 buckets_len = hash[0], first = hash[1];
	const u_int32_t	*buckets, *chain;
	u_int32_t	 i, last = 0;

	buckets = hash + 4 + hash[2] * (sizeof(Elf64_Addr) / sizeof(*hash));
	chain = buckets + buckets_len;
	for (i = 0; i < buckets_len; i++) {
		if (buckets[i] > last)
			last = buckets[i];
	}
	if (last < first)
		return (0);
	/* The lowest bit marks the end of a chain. */
	while ((chain[last - first] & 1) == 0)
		last++;

	return ((size_t)last + 1);
}
