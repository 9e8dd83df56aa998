/*
 * ZIP by libarchive, and nothing else of it.
 *
 * ZIP because every desktop opens it. libarchive marks names as UTF-8 only
 * under a locale of that encoding, so the calling thread has one while an
 * archive is open; without it names are still written, unmarked.
 */
#include <locale.h>
#include <stdlib.h>
#include <time.h>

#include <archive.h>
#include <archive_entry.h>

#include "bundle.h"

#define BUNDLE_MODE	0644

struct bundle {
	struct archive	*archive;
	locale_t	 locale;	/* ours, or 0 */
	locale_t	 former;	/* the thread's own, or 0 */
	int		 has_failed;
};

struct bundle *
bundle_open(int fd)
{
	struct bundle	*b;

	if ((b = calloc(1, sizeof(*b))) == NULL ||
	    (b->archive = archive_write_new()) == NULL) {
		free(b);
		return (NULL);
	}
	b->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (b->locale != (locale_t)0)
		b->former = uselocale(b->locale);
	b->has_failed =
	    archive_write_set_format_zip(b->archive) != ARCHIVE_OK ||
	    archive_write_open_fd(b->archive, fd) != ARCHIVE_OK;

	return (b);
}

int
bundle_entry(struct bundle *b, const char *name, size_t len, int64_t seconds)
{
	struct archive_entry	*entry;

	if (b->has_failed || (entry = archive_entry_new()) == NULL)
		return (-1);
	archive_entry_copy_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, BUNDLE_MODE);
	archive_entry_set_size(entry, (la_int64_t)len);
	archive_entry_set_mtime(entry, (time_t)seconds, 0);
	/* A warning is about the name; the entry is there. */
	b->has_failed = archive_write_header(b->archive, entry) <
	    ARCHIVE_WARN;
	archive_entry_free(entry);

	return (b->has_failed ? -1 : 0);
}

int
bundle_write(struct bundle *b, const void *data, size_t len)
{
	if (!b->has_failed)
		b->has_failed = archive_write_data(b->archive, data, len) !=
		    (la_ssize_t)len;

	return (b->has_failed ? -1 : 0);
}

int
bundle_close(struct bundle *b)
{
	int	has_failed = b->has_failed;

	if (archive_write_close(b->archive) != ARCHIVE_OK)
		has_failed = 1;
	(void)archive_write_free(b->archive);
	if (b->locale != (locale_t)0) {
		(void)uselocale(b->former);
		freelocale(b->locale);
	}
	free(b);

	return (has_failed ? -1 : 0);
}
