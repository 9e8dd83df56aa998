/* links: src/docxtext.c src/mdwrite.c src/utf8.c src/buffer.c -I/usr/include/libxml2 -lxml2 -larchive -lutf8proc */
/*
 * Any bytes as a DOCX, and as the document, the styles and the numbering in a
 * sound one: what is written is UTF-8.
 */
#include <archive.h>
#include <archive_entry.h>

#include "docxtext.h"
#include "fuzz.h"
#include "utf8.h"

static void
extract(const void *data, size_t size)
{
	struct mdwrite	w;

	mdwrite_init(&w);
	check(docxtext_read(&w, data, size) < EXTRACTION_OUTCOMES);
	mdwrite_end(&w);
	check(utf8_is_text(buffer_text(&w.out), w.out.len));
	mdwrite_free(&w);
}

static void
add(struct archive *zip, const char *name, const char *text)
{
	struct archive_entry	*entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_size(entry, (int64_t)strlen(text));
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	check(archive_write_header(zip, entry) == ARCHIVE_OK);
	check(archive_write_data(zip, text, strlen(text)) >= 0);
	archive_entry_free(entry);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char * const	names[] = { "word/document.xml",
	    "word/styles.xml", "word/numbering.xml" };
	struct archive			*zip = archive_write_new();
	size_t				 room = size + 4096, used = 0, i;
	char				*out = malloc(room), *text;

	extract(data, size);
	check(zip != NULL && out != NULL);
	archive_write_set_format_zip(zip);
	archive_write_zip_set_compression_store(zip);
	archive_write_set_bytes_in_last_block(zip, 1);
	check(archive_write_open_memory(zip, out, room, &used) ==
	    ARCHIVE_OK);
	for (i = 0; i < 3; i++) {
		text = piece(&data, &size);
		add(zip, names[i], text);
		free(text);
	}
	check(archive_write_close(zip) == ARCHIVE_OK);
	archive_write_free(zip);
	extract(out, used);
	free(out);

	return (0);
}
