/*
 * The encoding is that of the byte order mark, else the one that a <meta>
 * among the first bytes names, else UTF-8 where the bytes are that, else
 * windows-1252, as browsers do. The tree is walked without recursion, so that
 * its depth costs nothing.
 *
 * Left out: scripts, styles, navigation, forms' controls, what is hidden. A
 * table that holds other blocks than text is layout: its cells are read as
 * blocks.
 */
#include <ctype.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>

#include "htmltext.h"
#include "utf8.h"

#define HTMLTEXT_META_BYTES	4096	/* where an encoding may be named */
#define HTMLTEXT_NAME_SIZE	40
#define HTMLTEXT_DEPTH_MAX	1000000

enum htmltext_what {
	HTML_INLINE, HTML_SKIP, HTML_BLOCK, HTML_HEADING, HTML_LIST,
	HTML_ITEM, HTML_QUOTE, HTML_PRE, HTML_CODE, HTML_BREAK, HTML_TABLE,
	HTML_ROW, HTML_CELL, HTML_IMAGE
};

static const struct {
	const char		*name;
	enum htmltext_what	what;
} htmltext_elements[] = {
	{ "address", HTML_BLOCK }, { "article", HTML_BLOCK },
	{ "aside", HTML_BLOCK }, { "blockquote", HTML_QUOTE },
	{ "body", HTML_BLOCK }, { "br", HTML_BREAK }, { "button", HTML_SKIP },
	{ "caption", HTML_BLOCK }, { "center", HTML_BLOCK },
	{ "code", HTML_CODE }, { "dd", HTML_BLOCK }, { "details", HTML_BLOCK },
	{ "dialog", HTML_SKIP }, { "div", HTML_BLOCK }, { "dl", HTML_BLOCK },
	{ "dt", HTML_BLOCK }, { "fieldset", HTML_BLOCK },
	{ "figcaption", HTML_BLOCK }, { "figure", HTML_BLOCK },
	{ "footer", HTML_BLOCK }, { "form", HTML_BLOCK },
	{ "h1", HTML_HEADING }, { "h2", HTML_HEADING },
	{ "h3", HTML_HEADING }, { "h4", HTML_HEADING },
	{ "h5", HTML_HEADING }, { "h6", HTML_HEADING }, { "head", HTML_SKIP },
	{ "header", HTML_BLOCK }, { "hr", HTML_BLOCK },
	{ "iframe", HTML_SKIP }, { "img", HTML_IMAGE }, { "input", HTML_SKIP },
	{ "kbd", HTML_CODE }, { "legend", HTML_BLOCK }, { "li", HTML_ITEM },
	{ "main", HTML_BLOCK }, { "math", HTML_SKIP }, { "menu", HTML_LIST },
	{ "nav", HTML_SKIP }, { "noscript", HTML_SKIP },
	{ "object", HTML_SKIP }, { "ol", HTML_LIST }, { "p", HTML_BLOCK },
	{ "pre", HTML_PRE }, { "samp", HTML_CODE }, { "script", HTML_SKIP },
	{ "section", HTML_BLOCK }, { "select", HTML_SKIP },
	{ "style", HTML_SKIP }, { "summary", HTML_BLOCK },
	{ "svg", HTML_SKIP }, { "table", HTML_TABLE }, { "td", HTML_CELL },
	{ "template", HTML_SKIP }, { "textarea", HTML_SKIP },
	{ "th", HTML_CELL }, { "tr", HTML_ROW }, { "tt", HTML_CODE },
	{ "ul", HTML_LIST }
};

static char	*htmltext_decode(const char *, size_t, size_t *, int *);
static void	 htmltext_encoding(const char *, size_t,
		    char [HTMLTEXT_NAME_SIZE]);
static int	 htmltext_meta(const char *, size_t,
		    char [HTMLTEXT_NAME_SIZE]);
static void	 htmltext_walk(struct mdwrite *, xmlNode *);
static int	 htmltext_enter(struct mdwrite *, xmlNode *);
static void	 htmltext_leave(struct mdwrite *, xmlNode *);
static enum htmltext_what htmltext_what(const xmlNode *);
static int	 htmltext_is_hidden(xmlNode *);
static int	 htmltext_is_layout(const xmlNode *);
static unsigned	 htmltext_number(const xmlNode *);
static xmlNode	*htmltext_find(xmlNode *, const char *);
static const xmlNode *htmltext_next(const xmlNode *, const xmlNode *);
static void	 htmltext_title(struct mdwrite *, xmlNode *);

static iconv_t	htmltext_tables = (iconv_t)-1;

enum extraction_outcome
htmltext_read(struct mdwrite *w, const char *bytes, size_t len)
{
	htmlDocPtr	 doc;
	xmlNode		*root, *body;
	char		*text;
	size_t		 text_len;
	int		 is_owned;

	/* Nothing here recurses; with its own limit text would be lost. */
	xmlParserMaxDepth = HTMLTEXT_DEPTH_MAX;
	text = htmltext_decode(bytes, len, &text_len, &is_owned);
	if (text == NULL)
		return (EXTRACTION_MEMORY);
	doc = htmlReadMemory(text, (int)text_len, NULL, "UTF-8",
	    HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
	    HTML_PARSE_NONET | HTML_PARSE_COMPACT);
	if (is_owned)
		free(text);
	if (doc == NULL)
		return (EXTRACTION_DAMAGED);
	if ((root = xmlDocGetRootElement(doc)) != NULL) {
		htmltext_title(w, root);
		body = htmltext_find(root, "main");
		htmltext_walk(w, body == NULL ? root : body);
		mdwrite_end(w);
	}
	xmlFreeDoc(doc);

	return (EXTRACTION_OK);
}

/* ---- encodings ---- */

void
htmltext_prepare(const char *bytes, size_t len)
{
	char	name[HTMLTEXT_NAME_SIZE];

	htmltext_encoding(bytes, len, name);
	if (htmltext_tables != (iconv_t)-1)
		(void)iconv_close(htmltext_tables);
	htmltext_tables = (iconv_t)-1;
	if (strcasecmp(name, "utf-8") == 0)
		return;
	htmltext_tables = iconv_open("UTF-8", name);
	if (htmltext_tables == (iconv_t)-1)
		htmltext_tables = iconv_open("UTF-8", "WINDOWS-1252");
}

/* UTF-8 of the file; what cannot be read of it is U+FFFD. */
static char *
htmltext_decode(const char *bytes, size_t len, size_t *out_len, int *is_owned)
{
	char	*out, *to, *from = (char *)(uintptr_t)bytes;
	size_t	 left = len, room = 3 * len + 16;

	*is_owned = 1;
	if (htmltext_tables == (iconv_t)-1)
		return (utf8_sanitise(bytes, len, out_len));
	if ((out = to = malloc(room)) == NULL)
		return (NULL);
	while (left > 0 && room > 3) {
		if (iconv(htmltext_tables, &from, &left, &to, &room) !=
		    (size_t)-1 || left == 0 || room <= 3)
			break;
		memcpy(to, "\xef\xbf\xbd", 3);
		to += 3;
		room -= 3;
		from++;
		left--;
	}
	*out_len = (size_t)(to - out);

	return (out);
}

static void
htmltext_encoding(const char *bytes, size_t len, char name[HTMLTEXT_NAME_SIZE])
{
	const char	*found = "utf-8";

	if (len >= 2 && memcmp(bytes, "\xff\xfe", 2) == 0)
		found = "UTF-16LE";
	else if (len >= 2 && memcmp(bytes, "\xfe\xff", 2) == 0)
		found = "UTF-16BE";
	else if (len < 3 || memcmp(bytes, "\xef\xbb\xbf", 3) != 0) {
		if (htmltext_meta(bytes, len, name))
			return;
		if (!utf8_is_valid(bytes, len))
			found = "WINDOWS-1252";
	}
	memcpy(name, found, strlen(found) + 1);
}

/* The charset that a <meta> names, in the name that iconv knows. */
static int
htmltext_meta(const char *bytes, size_t len, char name[HTMLTEXT_NAME_SIZE])
{
	size_t	at, n = 0;

	if (len > HTMLTEXT_META_BYTES)
		len = HTMLTEXT_META_BYTES;
	for (at = 0; at + 8 < len; at++)
		if (strncasecmp(bytes + at, "charset=", 8) == 0)
			break;
	if (at + 8 >= len)
		return (0);
	at += 8;
	while (at < len && (bytes[at] == '"' || bytes[at] == '\'' ||
	    bytes[at] == ' '))
		at++;
	while (at < len && n + 1 < HTMLTEXT_NAME_SIZE &&
	    (isalnum((unsigned char)bytes[at]) ||
	    strchr("-_:.", bytes[at]) != NULL) && bytes[at] != '\0')
		name[n++] = bytes[at++];
	name[n] = '\0';
	/* A page that can be read so far is not in these. */
	if (n == 0 || strncasecmp(name, "utf-16", 6) == 0)
		return (0);
	if (strcasecmp(name, "iso-8859-1") == 0 ||
	    strcasecmp(name, "latin1") == 0 ||
	    strcasecmp(name, "us-ascii") == 0 ||
	    strcasecmp(name, "ascii") == 0)
		memcpy(name, "WINDOWS-1252", 13);

	return (1);
}

/* ---- the tree ---- */

/* The first element of a name below `root`, or NULL. */
static xmlNode *
htmltext_find(xmlNode *root, const char *name)
{
	const xmlNode	*node = root;

	while ((node = htmltext_next(root, node)) != NULL)
		if (node->type == XML_ELEMENT_NODE &&
		    strcmp((const char *)node->name, name) == 0)
			return ((xmlNode *)(uintptr_t)node);

	return (NULL);
}

/* The page's own title stands above, where it has no heading of level 1. */
static void
htmltext_title(struct mdwrite *w, xmlNode *root)
{
	xmlNode	*title = htmltext_find(root, "title");

	if (title == NULL || title->children == NULL ||
	    title->children->content == NULL ||
	    htmltext_find(root, "h1") != NULL)
		return;
	mdwrite_heading(w, 1);
	mdwrite_text(w, (const char *)title->children->content,
	    strlen((const char *)title->children->content));
	mdwrite_end(w);
}

static void
htmltext_walk(struct mdwrite *w, xmlNode *root)
{
	xmlNode	*node = root;

	for (;;) {
		if (w->is_full)
			return;
		if (htmltext_enter(w, node) && node->children != NULL) {
			node = node->children;
			continue;
		}
		htmltext_leave(w, node);
		while (node != root && node->next == NULL) {
			node = node->parent;
			htmltext_leave(w, node);
		}
		if (node == root)
			return;
		node = node->next;
	}
}

/* 1: its children are to be read. Each node is left in any case. */
static int
htmltext_enter(struct mdwrite *w, xmlNode *node)
{
	xmlChar	*alt;

	if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
		mdwrite_text(w, (const char *)node->content,
		    strlen((const char *)node->content));
	if (node->type != XML_ELEMENT_NODE)
		return (0);
	/* Tells htmltext_leave() that nothing was begun. */
	if (htmltext_what(node) == HTML_SKIP || htmltext_is_hidden(node)) {
		node->_private = node;
		return (0);
	}
	switch (htmltext_what(node)) {
	case HTML_BLOCK:
	case HTML_LIST:
		mdwrite_end(w);
		break;
	case HTML_HEADING:
		mdwrite_heading(w, node->name[1] - '0');
		break;
	case HTML_ITEM:
		mdwrite_open(w, htmltext_number(node) > 0 ? MDWRITE_NUMBER :
		    MDWRITE_BULLET, htmltext_number(node));
		break;
	case HTML_QUOTE:
		mdwrite_open(w, MDWRITE_QUOTE, 0);
		break;
	case HTML_PRE:
		mdwrite_code(w);
		break;
	case HTML_CODE:
		mdwrite_span(w, 1);
		break;
	case HTML_BREAK:
		mdwrite_break(w);
		break;
	case HTML_TABLE:
		/* Its rows and cells ask their table. */
		if (w->tables == 0 && htmltext_is_layout(node)) {
			node->_private = node;
			mdwrite_end(w);
		} else
			mdwrite_table(w);
		break;
	case HTML_IMAGE:
		if ((alt = xmlGetProp(node, (const xmlChar *)"alt")) != NULL)
			mdwrite_text(w, (const char *)alt,
			    strlen((const char *)alt));
		xmlFree(alt);
		break;
	default:
		break;
	}

	return (1);
}

static void
htmltext_leave(struct mdwrite *w, xmlNode *node)
{
	if (node->type != XML_ELEMENT_NODE)
		return;
	if (node->_private != NULL) {
		if (htmltext_what(node) == HTML_TABLE)
			mdwrite_end(w);
		return;
	}
	switch (htmltext_what(node)) {
	case HTML_BLOCK:
	case HTML_LIST:
	case HTML_HEADING:
	case HTML_PRE:
		mdwrite_end(w);
		break;
	case HTML_ITEM:
	case HTML_QUOTE:
		mdwrite_close(w);
		break;
	case HTML_CODE:
		mdwrite_span(w, 0);
		break;
	case HTML_TABLE:
		mdwrite_table_end(w);
		break;
	case HTML_ROW:
		if (w->tables > 0)
			mdwrite_row_end(w);
		else
			mdwrite_end(w);
		break;
	case HTML_CELL:
		if (w->tables > 0)
			mdwrite_cell_end(w);
		else
			mdwrite_end(w);
		break;
	default:
		break;
	}
}

static enum htmltext_what
htmltext_what(const xmlNode *node)
{
	size_t	low = 0, mid;
	size_t	high = sizeof(htmltext_elements) / sizeof(htmltext_elements[0]);
	int	order;

	while (low < high) {
		mid = (low + high) / 2;
		order = strcmp((const char *)node->name,
		    htmltext_elements[mid].name);
		if (order == 0)
			return (htmltext_elements[mid].what);
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}

	return (HTML_INLINE);
}

static int
htmltext_is_hidden(xmlNode *node)
{
	xmlChar	*value;
	int	 is_hidden;

	if (node->properties == NULL)
		return (0);
	if (xmlHasProp(node, (const xmlChar *)"hidden") != NULL)
		return (1);
	value = xmlGetProp(node, (const xmlChar *)"aria-hidden");
	is_hidden = xmlStrEqual(value, (const xmlChar *)"true");
	xmlFree(value);
	value = xmlGetProp(node, (const xmlChar *)"role");
	is_hidden |= xmlStrEqual(value, (const xmlChar *)"navigation");
	xmlFree(value);
	value = xmlGetProp(node, (const xmlChar *)"style");
	is_hidden |= value != NULL &&
	    (strcasestr((const char *)value, "display:none") != NULL ||
	    strcasestr((const char *)value, "display: none") != NULL);
	xmlFree(value);

	return (is_hidden);
}

/* The next node below `root`, in the order of the page; NULL: the end. */
static const xmlNode *
htmltext_next(const xmlNode *root, const xmlNode *node)
{
	if (node->children != NULL)
		return (node->children);
	while (node != root && node->next == NULL)
		node = node->parent;

	return (node == root ? NULL : node->next);
}

static int
htmltext_is_layout(const xmlNode *table)
{
	const xmlNode	*node = table;

	while ((node = htmltext_next(table, node)) != NULL) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		switch (htmltext_what(node)) {
		case HTML_TABLE:
		case HTML_HEADING:
		case HTML_LIST:
		case HTML_PRE:
		case HTML_QUOTE:
			return (1);
		default:
			break;
		}
	}

	return (0);
}

/* Of an item in an ordered list, its number; else 0. */
static unsigned
htmltext_number(const xmlNode *item)
{
	const xmlNode	*node;
	unsigned	 number = 1;

	if (item->parent == NULL ||
	    !xmlStrEqual(item->parent->name, (const xmlChar *)"ol"))
		return (0);
	/* Counted on from the item before, which has noted its own. */
	for (node = item->prev; node != NULL; node = node->prev)
		if (node->type == XML_ELEMENT_NODE && node->_private == NULL &&
		    xmlStrEqual(node->name, (const xmlChar *)"li")) {
			number = node->line + 1U;
			break;
		}

	((xmlNode *)(uintptr_t)item)->line = (unsigned short)number;

	return (number);
}
