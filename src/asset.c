/*
 * asset_init()	languages (files named like de.json)
 *		-> version (over the bytes of every file)
 *		-> pages, once a language, and the texts that they do not use,
 *		   which scripts load as texts-de.js and texts-de-GROUP.js
 *		-> everything else as it is
 *		each compressed by gzip and brotli where that makes it smaller
 *
 * All of it is allocated once and lives as long as the program.
 */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <brotli/encode.h>
#include <jansson.h>
#include <sodium.h>
#define ZLIB_CONST
#include <zlib.h>

#include "accept.h"
#include "asset.h"
#include "embedded.h"
#include "pagetext.h"

#define ASSET_MAX		256
#define ASSET_LANGUAGES_MAX	16
#define ASSET_NAME_MAX		64
#define ASSET_CODE_LEN		2	/* of a language */
#define ASSET_FORMS		3
/* Of 0 to 11: above, it gets a tenth smaller and ten times slower. */
#define ASSET_BROTLI_QUALITY	5
#define ASSET_GZIP_LEVEL	6

enum asset_kind {
	ASSET_PAGE,		/* with texts put in */
	ASSET_FILE		/* as it is */
};

static const struct {
	const char	*ending;	/* of the symbol */
	const char	*type;
	enum asset_kind	 kind;
	int		 is_text;	/* compressed */
} asset_types[] = {
	{ "_html", "text/html; charset=utf-8", ASSET_PAGE, 1 },
	{ "_css", "text/css; charset=utf-8", ASSET_FILE, 1 },
	{ "_js", "text/javascript; charset=utf-8", ASSET_FILE, 1 },
	{ "_mjs", "text/javascript; charset=utf-8", ASSET_FILE, 1 },
	{ "_svg", "image/svg+xml", ASSET_FILE, 1 },
	{ "openapi_json", "application/json", ASSET_FILE, 1 }
};
#define ASSET_TYPES	(sizeof(asset_types) / sizeof(asset_types[0]))

/* First words of keys whose texts most pages do without: modules of their
   own, as texts-de-error.js. */
static const char *const asset_groups[] = {
	"account", "admin", "documents", "error", "reading", "settings"
};
#define ASSET_GROUPS	(sizeof(asset_groups) / sizeof(asset_groups[0]))

struct asset {
	char			 name[ASSET_NAME_MAX];	/* as embedded_name() */
	const char		*language;	/* NULL: of all */
	size_t			 kind;		/* index of asset_types */
	struct asset_form	 forms[ASSET_FORMS];	/* as it is first */
	size_t			 forms_len;
};

struct asset_language {
	char	 code[ASSET_CODE_LEN + 1];
	json_t	*texts;
	json_t	*used;			/* keys that pages use */
};

static struct asset		 assets[ASSET_MAX];
static size_t			 assets_len;
static struct asset_language	 asset_languages[ASSET_LANGUAGES_MAX];
static size_t			 asset_languages_len;
static char			 asset_set[ASSET_VERSION_LEN + 1];
static char			*asset_why;	/* of asset_init() */
static size_t			 asset_why_size;

static void	asset_read_language(const struct embedded *, void *);
static int	asset_by_code(const void *, const void *);
static void	asset_hash_file(const struct embedded *, void *);
static void	asset_take(const struct embedded *, void *);
static size_t	asset_kind(const char *);
static void	asset_page(const struct embedded *, struct asset_language *);
static void	asset_texts(struct asset_language *);
static size_t	asset_group(const char *);
static void	asset_texts_module(const char *, const json_t *);
static void	asset_add(const char *, const char *, const void *, size_t);
static void	asset_compress(struct asset *, const void *, size_t);
static void	asset_add_form(struct asset *, const char *, const void *,
		    size_t);
static size_t	asset_gzip(const void *, size_t, void *, size_t);
static void	asset_fail(const char *, const char *, const char *);

int
asset_init(char *why, size_t why_size)
{
	crypto_generichash_state	state;
	unsigned char			digest[ASSET_VERSION_LEN / 2 + 8];
	size_t				i;

	asset_why = why;
	asset_why_size = why_size;
	why[0] = '\0';
	if (sodium_init() == -1)
		asset_fail("libsodium does not start", "", "");
	embedded_each(asset_read_language, NULL);
	qsort(asset_languages, asset_languages_len,
	    sizeof(asset_languages[0]), asset_by_code);

	(void)crypto_generichash_init(&state, NULL, 0, sizeof(digest));
	embedded_each(asset_hash_file, &state);
	(void)crypto_generichash_final(&state, digest, sizeof(digest));
	(void)sodium_bin2hex(asset_set, sizeof(asset_set), digest,
	    ASSET_VERSION_LEN / 2);

	embedded_each(asset_take, NULL);
	for (i = 0; i < asset_languages_len; i++)
		asset_texts(&asset_languages[i]);
	asset_why = NULL;

	return (why[0] == '\0' ? 0 : -1);
}

const char *
asset_version(void)
{
	return (asset_set);
}

const char *
asset_language(const char *choice, const char *accept)
{
	const char	*codes[ASSET_LANGUAGES_MAX];
	size_t		 i;
	int		 best;

	for (i = 0; i < asset_languages_len; i++) {
		codes[i] = asset_languages[i].code;
		if (choice != NULL && strcmp(choice, codes[i]) == 0)
			return (codes[i]);
	}
	best = accept_choose(accept, codes, asset_languages_len);

	return (asset_languages[best == -1 ? 0 : best].code);
}

const struct asset *
asset_find(const char *file, const char *language)
{
	char	name[ASSET_NAME_MAX];
	size_t	i;

	if (!embedded_name(file, name, sizeof(name)))
		return (NULL);
	for (i = 0; i < assets_len; i++) {
		if (strcmp(assets[i].name, name) == 0 &&
		    (assets[i].language == NULL ||
		    strcmp(assets[i].language, language) == 0))
			return (&assets[i]);
	}

	return (NULL);
}

const char *
asset_type(const struct asset *a)
{
	return (asset_types[a->kind].type);
}

const struct asset_form *
asset_form(const struct asset *a, const char *accept)
{
	const char	*names[ASSET_FORMS];
	size_t		 i;
	int		 best;

	for (i = 1; i < a->forms_len; i++)
		names[i - 1] = a->forms[i].encoding;
	best = accept_choose(accept, names, a->forms_len - 1);

	return (&a->forms[best + 1]);
}

/* "de_json" holds the texts of a language. */
static void
asset_read_language(const struct embedded *file, void *unused)
{
	struct asset_language	*language;
	json_error_t		 error;

	(void)unused;
	if (strlen(file->name) != ASSET_CODE_LEN + 5 ||
	    strcmp(file->name + ASSET_CODE_LEN, "_json") != 0 ||
	    asset_languages_len == ASSET_LANGUAGES_MAX)
		return;
	language = &asset_languages[asset_languages_len++];
	memcpy(language->code, file->name, ASSET_CODE_LEN);
	language->texts = json_loadb(file->data, file->len,
	    JSON_REJECT_DUPLICATES, &error);
	language->used = json_object();
	if (language->texts == NULL)
		asset_fail(file->name, "is no JSON", error.text);
}

/* English, the language of whoever says nothing, comes first. */
static int
asset_by_code(const void *a, const void *b)
{
	const struct asset_language	*x = a, *y = b;

	if (strcmp(x->code, "en") == 0)
		return (-1);
	if (strcmp(y->code, "en") == 0)
		return (1);

	return (strcmp(x->code, y->code));
}

/* Texts and all files of the types; the order is that of the program. */
static void
asset_hash_file(const struct embedded *file, void *state)
{
	if (asset_kind(file->name) == ASSET_TYPES &&
	    strcmp(file->name + strlen(file->name) - 5, "_json") != 0)
		return;
	(void)crypto_generichash_update(state,
	    (const unsigned char *)file->name, strlen(file->name) + 1);
	(void)crypto_generichash_update(state, file->data, file->len);
}

static void
asset_take(const struct embedded *file, void *unused)
{
	const size_t	kind = asset_kind(file->name);
	size_t		i;

	(void)unused;
	if (kind == ASSET_TYPES)
		return;
	if (asset_types[kind].kind == ASSET_FILE) {
		asset_add(file->name, NULL, file->data, file->len);
		return;
	}
	for (i = 0; i < asset_languages_len; i++)
		asset_page(file, &asset_languages[i]);
}

static size_t
asset_kind(const char *name)
{
	const size_t	len = strlen(name);
	size_t		i, ending;

	for (i = 0; i < ASSET_TYPES; i++) {
		ending = strlen(asset_types[i].ending);
		if (len >= ending && strcmp(name + len - ending,
		    asset_types[i].ending) == 0)
			break;
	}

	return (i);
}

static void
asset_page(const struct embedded *file, struct asset_language *language)
{
	struct buffer	page;
	char		bad[PAGETEXT_KEY_MAX];

	buffer_init(&page);
	if (pagetext_expand(file->data, file->len, language->code, asset_set,
	    language->texts, language->used, &page, bad) == -1)
		asset_fail(file->name, "asks for a text that is missing in "
		    "its language:", bad);
	else if (page.has_failed)
		asset_fail("memory ran out", "", "");
	else
		asset_add(file->name, language->code, page.data, page.len);
	buffer_free(&page);
}

/* What is left when the pages have theirs: one module for each group of
   asset_groups, and one for all the others. */
static void
asset_texts(struct asset_language *language)
{
	json_t		*modules[ASSET_GROUPS + 1], *value;
	const char	*key;
	char		 name[ASSET_NAME_MAX];
	size_t		 i;

	for (i = 0; i <= ASSET_GROUPS; i++)
		modules[i] = json_object();
	json_object_foreach(language->texts, key, value) {
		if (json_object_get(language->used, key) == NULL)
			(void)json_object_set(modules[asset_group(key)], key,
			    value);
	}
	for (i = 0; i <= ASSET_GROUPS; i++) {
		(void)snprintf(name, sizeof(name), "texts_%.*s%s%s_js",
		    ASSET_CODE_LEN, language->code,
		    i == ASSET_GROUPS ? "" : "_",
		    i == ASSET_GROUPS ? "" : asset_groups[i]);
		asset_texts_module(name, modules[i]);
		json_decref(modules[i]);
	}
}

/* Of the text with that key; ASSET_GROUPS: none of its own. */
static size_t
asset_group(const char *key)
{
	const size_t	len = strcspn(key, ".");
	size_t		i;

	for (i = 0; i < ASSET_GROUPS; i++) {
		if (strncmp(key, asset_groups[i], len) == 0 &&
		    asset_groups[i][len] == '\0')
			break;
	}

	return (i);
}

static void
asset_texts_module(const char *name, const json_t *texts)
{
	struct buffer	 module;
	char		*text = json_dumps(texts, JSON_COMPACT);

	buffer_init(&module);
	buffer_add_text(&module, "export default ");
	if (text != NULL)
		buffer_add_text(&module, text);
	buffer_add_text(&module, ";\n");
	if (text == NULL || module.has_failed)
		asset_fail("memory ran out", "", "");
	else
		asset_add(name, NULL, module.data, module.len);
	free(text);
	buffer_free(&module);
}

static void
asset_add(const char *name, const char *language, const void *data, size_t len)
{
	struct asset	*a = &assets[assets_len];

	if (assets_len == ASSET_MAX ||
	    strlen(name) >= sizeof(a->name)) {
		asset_fail(name, "is one file too many", "");
		return;
	}
	assets_len++;
	(void)snprintf(a->name, sizeof(a->name), "%s", name);
	a->language = language;
	a->kind = asset_kind(name);
	asset_add_form(a, NULL, data, len);
	if (asset_types[a->kind].is_text)
		asset_compress(a, data, len);
}

static void
asset_compress(struct asset *a, const void *data, size_t len)
{
	size_t	 size = BrotliEncoderMaxCompressedSize(len), room = size;
	void	*out;

	if (room < compressBound(len) + 32)
		room = size = compressBound(len) + 32;
	if ((out = malloc(room)) == NULL) {
		asset_fail("memory ran out", "", "");
		return;
	}
	if (BrotliEncoderCompress(ASSET_BROTLI_QUALITY,
	    BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, len, data, &size, out) &&
	    size < len)
		asset_add_form(a, "br", out, size);
	size = asset_gzip(data, len, out, room);
	if (size != 0 && size < len)
		asset_add_form(a, "gzip", out, size);
	free(out);
}

/* Copies the bytes, since those of a page are about to go. */
static void
asset_add_form(struct asset *a, const char *encoding, const void *data,
    size_t len)
{
	struct asset_form	*form = &a->forms[a->forms_len++];
	unsigned char		 digest[16];
	char			 hex[sizeof(digest) * 2 + 1];
	void			*copy;

	if ((copy = malloc(len + 1)) == NULL) {
		asset_fail("memory ran out", "", "");
		return;
	}
	memcpy(copy, data, len);
	form->encoding = encoding;
	form->data = copy;
	form->len = len;
	(void)crypto_generichash(digest, sizeof(digest), data, len, NULL, 0);
	(void)sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
	(void)snprintf(form->etag, sizeof(form->etag), "\"%s\"", hex);
}

/* The compressed length, or 0. */
static size_t
asset_gzip(const void *data, size_t len, void *out, size_t room)
{
	z_stream	z = { .avail_in = (uInt)len, .next_out = out,
			    .avail_out = (uInt)room };
	size_t		size = 0;

	/* 16 more than the window's bits: the gzip format. */
	if (deflateInit2(&z, ASSET_GZIP_LEVEL, Z_DEFLATED, MAX_WBITS + 16,
	    MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return (0);
	z.next_in = data;
	if (deflate(&z, Z_FINISH) == Z_STREAM_END)
		size = z.total_out;
	(void)deflateEnd(&z);

	return (size);
}

/* The first reason stays. */
static void
asset_fail(const char *what, const char *problem, const char *detail)
{
	if (asset_why[0] == '\0')
		(void)snprintf(asset_why, asset_why_size, "%s %s %s.", what,
		    problem, detail);
}
