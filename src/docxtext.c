/*
 * Of the archive's parts three are read, each up to a limit: the document,
 * the styles (which of them are headings, which lists) and the numbering
 * (which lists have numbers). Deleted text of tracked changes, fallbacks and
 * what is no text are left out.
 *
 * Deliberately missing: foot notes, headers and footers.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <archive.h>
#include <archive_entry.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include "docxtext.h"

#define DOCXTEXT_PART_MAX	(48 * 1024 * 1024)	/* unpacked */
#define DOCXTEXT_ENTRIES_MAX	20000
#define DOCXTEXT_BASES_MAX	8	/* styles based on styles */
#define DOCXTEXT_LISTS_MAX	64	/* lists whose numbers are counted */
#define DOCXTEXT_LEVELS		9

struct docxtext_list {
	int		id;
	unsigned	numbers[DOCXTEXT_LEVELS];
};

struct docxtext {
	struct mdwrite		*w;
	struct buffer		 parts[3];
	xmlDoc			*docs[3];	/* NULL: the part is missing */
	struct docxtext_list	 lists[DOCXTEXT_LISTS_MAX];
	size_t			 lists_len;
};

enum { DOCXTEXT_DOCUMENT, DOCXTEXT_STYLES, DOCXTEXT_NUMBERING };

static const char *const docxtext_parts[] = {
	"word/document.xml", "word/styles.xml", "word/numbering.xml"
};

static enum extraction_outcome docxtext_unpack(struct docxtext *,
		    const void *, size_t);
static enum extraction_outcome docxtext_part(struct archive *,
		    struct buffer *);
static void	docxtext_blocks(struct docxtext *, xmlNode *);
static void	docxtext_paragraph(struct docxtext *, xmlNode *);
static void	docxtext_runs(struct mdwrite *, xmlNode *);
static int	docxtext_skips(const xmlNode *);
static void	docxtext_table(struct docxtext *, xmlNode *);
static int	docxtext_heading(const struct docxtext *, xmlNode *);
static int	docxtext_numbering(const struct docxtext *, xmlNode *, int *,
		    int *);
static unsigned	docxtext_count(struct docxtext *, int, int);
static int	docxtext_is_bullet(const struct docxtext *, int, int);
static xmlNode	*docxtext_style(const struct docxtext *, const char *);
static xmlNode	*docxtext_child(xmlNode *, const char *);
static int	docxtext_is(const xmlNode *, const char *);
static int	docxtext_number(xmlNode *, const char *, int);

enum extraction_outcome
docxtext_read(struct mdwrite *w, const void *bytes, size_t len)
{
	struct docxtext		 d;
	enum extraction_outcome	 outcome;
	xmlNode			*body;
	size_t			 i;

	/* What an encrypted document is wrapped in; also one before 2007. */
	if (len >= 8 && memcmp(bytes, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
	    8) == 0)
		return (EXTRACTION_LOCKED);
	memset(&d, 0, sizeof(d));
	d.w = w;
	outcome = docxtext_unpack(&d, bytes, len);
	for (i = 0; i < 3 && outcome == EXTRACTION_OK; i++)
		if (d.parts[i].len > 0)
			d.docs[i] = xmlReadMemory(d.parts[i].data,
			    (int)d.parts[i].len, NULL, NULL, XML_PARSE_NONET |
			    XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
			    XML_PARSE_COMPACT);
	if (outcome == EXTRACTION_OK) {
		body = docxtext_child(xmlDocGetRootElement(
		    d.docs[DOCXTEXT_DOCUMENT]), "body");
		if (body == NULL)
			outcome = EXTRACTION_DAMAGED;
		else
			docxtext_blocks(&d, body);
	}
	for (i = 0; i < 3; i++) {
		xmlFreeDoc(d.docs[i]);
		buffer_free(&d.parts[i]);
	}

	return (outcome);
}

static enum extraction_outcome
docxtext_unpack(struct docxtext *d, const void *bytes, size_t len)
{
	struct archive		*zip = archive_read_new();
	struct archive_entry	*entry;
	enum extraction_outcome	 outcome = EXTRACTION_OK;
	const char		*name;
	size_t			 i, entries = 0;
	int			 ret = ARCHIVE_FATAL;

	if (zip == NULL)
		return (EXTRACTION_MEMORY);
	if (archive_read_support_format_zip(zip) == ARCHIVE_OK &&
	    archive_read_open_memory(zip, bytes, len) == ARCHIVE_OK)
		ret = ARCHIVE_OK;
	while (ret == ARCHIVE_OK && outcome == EXTRACTION_OK) {
		ret = archive_read_next_header(zip, &entry);
		if (ret == ARCHIVE_WARN)
			ret = ARCHIVE_OK;
		if (ret != ARCHIVE_OK)
			break;
		if (++entries > DOCXTEXT_ENTRIES_MAX)
			outcome = EXTRACTION_LARGE;
		name = archive_entry_pathname(entry);
		for (i = 0; i < 3 && name != NULL; i++)
			if (strcmp(name, docxtext_parts[i]) == 0 &&
			    d->parts[i].len == 0)
				outcome = archive_entry_is_encrypted(entry) ?
				    EXTRACTION_LOCKED :
				    docxtext_part(zip, &d->parts[i]);
	}
	(void)archive_read_free(zip);
	if (outcome == EXTRACTION_OK && d->parts[DOCXTEXT_DOCUMENT].len == 0)
		return (EXTRACTION_DAMAGED);

	return (outcome);
}

static enum extraction_outcome
docxtext_part(struct archive *zip, struct buffer *part)
{
	char		piece[16384];
	la_ssize_t	n;

	while ((n = archive_read_data(zip, piece, sizeof(piece))) > 0) {
		if (part->len + (size_t)n > DOCXTEXT_PART_MAX)
			return (EXTRACTION_LARGE);
		buffer_add(part, piece, (size_t)n);
	}
	if (part->has_failed)
		return (EXTRACTION_MEMORY);

	return (n < 0 ? EXTRACTION_DAMAGED : EXTRACTION_OK);
}

/* ---- the document; the parser bounds how deep it nests ---- */

static void
docxtext_blocks(struct docxtext *d, xmlNode *parent)
{
	xmlNode	*node;

	for (node = parent->children; node != NULL; node = node->next) {
		if (d->w->is_full)
			return;
		if (docxtext_is(node, "p"))
			docxtext_paragraph(d, node);
		else if (docxtext_is(node, "tbl"))
			docxtext_table(d, node);
		else if (node->type == XML_ELEMENT_NODE &&
		    !docxtext_skips(node))
			docxtext_blocks(d, node);
	}
}

static void
docxtext_paragraph(struct docxtext *d, xmlNode *paragraph)
{
	int	level, list, depth, i, opened = 0;

	if (d->w->tables > 0) {
		docxtext_runs(d->w, paragraph);
		mdwrite_break(d->w);
		return;
	}
	mdwrite_end(d->w);
	level = docxtext_heading(d, paragraph);
	if (level > 0)
		mdwrite_heading(d->w, level);
	else if (docxtext_numbering(d, paragraph, &list, &depth)) {
		/* Levels above were written by the items before. */
		for (i = 0; i < depth; i++, opened++) {
			mdwrite_open(d->w, MDWRITE_BULLET, 0);
			d->w->containers[d->w->depth - 1].is_fresh = 0;
		}
		mdwrite_open(d->w, docxtext_is_bullet(d, list, depth) ?
		    MDWRITE_BULLET : MDWRITE_NUMBER,
		    docxtext_count(d, list, depth));
		opened++;
	}
	docxtext_runs(d->w, paragraph);
	mdwrite_end(d->w);
	while (opened-- > 0)
		mdwrite_close(d->w);
}

/* All text in a node, without marks. */
static void
docxtext_runs(struct mdwrite *w, xmlNode *parent)
{
	xmlNode	*node;

	for (node = parent->children; node != NULL; node = node->next) {
		if (node->type != XML_ELEMENT_NODE || docxtext_skips(node))
			continue;
		if (docxtext_is(node, "t")) {
			if (node->children != NULL &&
			    node->children->content != NULL)
				mdwrite_text(w,
				    (const char *)node->children->content,
				    strlen((const char *)
				    node->children->content));
		} else if (docxtext_is(node, "tab"))
			mdwrite_text(w, " ", 1);
		else if (docxtext_is(node, "br") || docxtext_is(node, "cr"))
			mdwrite_break(w);
		else if (docxtext_is(node, "noBreakHyphen"))
			mdwrite_text(w, "-", 1);
		else
			docxtext_runs(w, node);
	}
}

static int
docxtext_skips(const xmlNode *node)
{
	return (docxtext_is(node, "pPr") || docxtext_is(node, "rPr") ||
	    docxtext_is(node, "del") || docxtext_is(node, "moveFrom") ||
	    docxtext_is(node, "Fallback") || docxtext_is(node, "instrText"));
}

static void
docxtext_table(struct docxtext *d, xmlNode *table)
{
	xmlNode	*row, *cell;

	mdwrite_table(d->w);
	for (row = table->children; row != NULL; row = row->next) {
		if (!docxtext_is(row, "tr"))
			continue;
		for (cell = row->children; cell != NULL; cell = cell->next) {
			if (!docxtext_is(cell, "tc"))
				continue;
			docxtext_blocks(d, cell);
			mdwrite_cell_end(d->w);
		}
		mdwrite_row_end(d->w);
	}
	mdwrite_table_end(d->w);
}

/* ---- styles and lists ---- */

/* The style of a paragraph, or the one that a style is based on. */
static xmlNode *
docxtext_style(const struct docxtext *d, const char *id)
{
	xmlNode	*root = xmlDocGetRootElement(d->docs[DOCXTEXT_STYLES]);
	xmlNode	*style;
	xmlChar	*value;
	int	 is_it;

	for (style = root == NULL || id == NULL ? NULL : root->children;
	    style != NULL; style = style->next) {
		if (!docxtext_is(style, "style"))
			continue;
		value = xmlGetProp(style, (const xmlChar *)"styleId");
		is_it = value != NULL && strcmp((const char *)value, id) == 0;
		xmlFree(value);
		if (is_it)
			return (style);
	}

	return (NULL);
}

/* Follows `name` in pPr, or the styles; calls it what it finds first. */
static xmlNode *
docxtext_property(const struct docxtext *d, xmlNode *paragraph,
    const char *name, int *heading)
{
	xmlNode	*properties = docxtext_child(paragraph, "pPr");
	xmlNode	*found, *style, *link;
	xmlChar	*id, *title;
	int	 i;

	*heading = 0;
	found = docxtext_child(properties, name);
	link = docxtext_child(properties, "pStyle");
	for (i = 0; found == NULL && link != NULL && i < DOCXTEXT_BASES_MAX;
	    i++) {
		id = xmlGetProp(link, (const xmlChar *)"val");
		style = docxtext_style(d, (const char *)id);
		xmlFree(id);
		link = docxtext_child(style, "name");
		title = link == NULL ? NULL :
		    xmlGetProp(link, (const xmlChar *)"val");
		if (title != NULL && *heading == 0) {
			if (strcasecmp((const char *)title, "title") == 0)
				*heading = 1;
			else if (strncasecmp((const char *)title, "heading ",
			    8) == 0 && title[8] >= '1' && title[8] <= '9')
				*heading = title[8] - '0';
		}
		xmlFree(title);
		found = docxtext_child(docxtext_child(style, "pPr"), name);
		link = docxtext_child(style, "basedOn");
	}

	return (found);
}

/* The level of a heading, else 0. */
static int
docxtext_heading(const struct docxtext *d, xmlNode *paragraph)
{
	xmlNode	*outline;
	int	 heading, level;

	outline = docxtext_property(d, paragraph, "outlineLvl", &heading);
	level = docxtext_number(outline, "val", 9);
	if (level >= 0 && level < 9)
		return (level + 1);

	return (heading);
}

/* 1: the paragraph is an item of `list`, `depth` levels down. */
static int
docxtext_numbering(const struct docxtext *d, xmlNode *paragraph, int *list,
    int *depth)
{
	xmlNode	*properties;
	int	 heading;

	properties = docxtext_property(d, paragraph, "numPr", &heading);
	if (properties == NULL)
		return (0);
	*list = docxtext_number(docxtext_child(properties, "numId"), "val", 0);
	*depth = docxtext_number(docxtext_child(properties, "ilvl"), "val", 0);
	if (*depth < 0 || *depth >= DOCXTEXT_LEVELS)
		*depth = 0;

	return (*list > 0);
}

/* The next number in a list; levels below begin again. */
static unsigned
docxtext_count(struct docxtext *d, int id, int depth)
{
	struct docxtext_list	*list;
	size_t			 i;
	int			 level;

	for (i = 0; i < d->lists_len && d->lists[i].id != id; i++)
		;
	if (i == DOCXTEXT_LISTS_MAX)
		return (1);
	list = &d->lists[i];
	if (i == d->lists_len) {
		d->lists_len++;
		list->id = id;
	}
	for (level = depth + 1; level < DOCXTEXT_LEVELS; level++)
		list->numbers[level] = 0;

	return (++list->numbers[depth]);
}

/* A node of the numbering by its element and one attribute. */
static xmlNode *
docxtext_lookup(xmlNode *parent, const char *name, const char *attribute,
    int value)
{
	xmlNode	*node;

	for (node = parent == NULL ? NULL : parent->children; node != NULL;
	    node = node->next)
		if (docxtext_is(node, name) &&
		    docxtext_number(node, attribute, -1) == value)
			return (node);

	return (NULL);
}

static int
docxtext_is_bullet(const struct docxtext *d, int id, int depth)
{
	xmlNode	*root = xmlDocGetRootElement(d->docs[DOCXTEXT_NUMBERING]);
	xmlNode	*node;
	xmlChar	*format;
	int	 is_bullet;

	node = docxtext_lookup(root, "num", "numId", id);
	node = docxtext_lookup(root, "abstractNum", "abstractNumId",
	    docxtext_number(docxtext_child(node, "abstractNumId"), "val",
	    -1));
	node = docxtext_lookup(node, "lvl", "ilvl", depth);
	if ((node = docxtext_child(node, "numFmt")) == NULL)
		return (1);
	format = xmlGetProp(node, (const xmlChar *)"val");
	is_bullet = xmlStrEqual(format, (const xmlChar *)"bullet") ||
	    xmlStrEqual(format, (const xmlChar *)"none");
	xmlFree(format);

	return (is_bullet);
}

/* ---- XML; prefixes differ, local names do not ---- */

static xmlNode *
docxtext_child(xmlNode *parent, const char *name)
{
	xmlNode	*node;

	for (node = parent == NULL ? NULL : parent->children; node != NULL;
	    node = node->next)
		if (docxtext_is(node, name))
			return (node);

	return (NULL);
}

static int
docxtext_is(const xmlNode *node, const char *name)
{
	return (node->type == XML_ELEMENT_NODE &&
	    strcmp((const char *)node->name, name) == 0);
}

/* An attribute as a number; `missing` where there is none. */
static int
docxtext_number(xmlNode *node, const char *attribute, int missing)
{
	xmlChar	*value;
	long	 number;

	if (node == NULL ||
	    (value = xmlGetProp(node, (const xmlChar *)attribute)) == NULL)
		return (missing);
	number = strtol((const char *)value, NULL, 10);
	xmlFree(value);

	return (number < 0 || number > 1000000 ? missing : (int)number);
}
