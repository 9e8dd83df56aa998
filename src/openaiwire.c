/*
 * The words of /v1; see openaiwire.h.
 *
 * A chunk of text is written once a token. Its frame never changes within an
 * answer and is cheap to write; so nothing is built for it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "jsontext.h"
#include "openaiwire.h"

#define OPENAIWIRE_LINK_MAX	512	/* an origin, an id, two numbers */

static int
openaiwire_put(const char *data, size_t len, void *arg)
{
	buffer_add(arg, data, len);

	return (0);
}

/* Takes the value's reference. */
static void
openaiwire_event(struct buffer *out, json_t *value)
{
	buffer_add_text(out, "data: ");
	if (value == NULL || json_dump_callback(value, openaiwire_put, out,
	    JSON_COMPACT) == -1)
		out->has_failed = 1;
	buffer_add_text(out, "\n\n");
	json_decref(value);
}

/* A chunk with this delta (stolen) and finish_reason or NULL. */
static json_t *
openaiwire_chunk(const struct openaiwire *w, json_t *delta,
    const char *reason)
{
	json_t	*chunk;

	chunk = json_pack("{s:s+, s:s, s:I, s:s, s:[{s:i, s:o, s:n, s:s?}]}",
	    "id", OPENAIWIRE_ID, w->id, "object", "chat.completion.chunk",
	    "created", (json_int_t)w->created, "model", w->model,
	    "choices", "index", 0, "delta", delta, "logprobs",
	    "finish_reason", reason);
	if (w->has_usage)
		json_object_set_new(chunk, "usage", json_null());

	return (chunk);
}

void
openaiwire_begin(struct buffer *out, const struct openaiwire *w)
{
	openaiwire_event(out, openaiwire_chunk(w, json_pack("{s:s, s:s, s:n}",
	    "role", "assistant", "content", "", "refusal"), NULL));
}

void
openaiwire_text(struct buffer *out, const struct openaiwire *w,
    const char *text, size_t len)
{
	char	created[24];

	(void)snprintf(created, sizeof(created), "%" PRId64, w->created);
	buffer_add_text(out, "data: {\"id\":\"" OPENAIWIRE_ID);
	buffer_add_text(out, w->id);
	buffer_add_text(out, "\",\"object\":\"chat.completion.chunk\","
	    "\"created\":");
	buffer_add_text(out, created);
	buffer_add_text(out, ",\"model\":");
	jsontext_add(out, w->model, strlen(w->model));
	buffer_add_text(out,
	    ",\"choices\":[{\"index\":0,\"delta\":{\"content\":");
	jsontext_add(out, text, len);
	buffer_add_text(out, "},\"logprobs\":null,\"finish_reason\":null}]");
	if (w->has_usage)
		buffer_add_text(out, ",\"usage\":null");
	buffer_add_text(out, "}\n\n");
}

void
openaiwire_end(struct buffer *out, const struct openaiwire *w,
    const struct openaiwire_end *end)
{
	json_t	*delta;

	/* Clients of plain text get no part that holds none. */
	delta = json_pack("{s:s*, s:O, s:O, s:b}", "content",
	    end->sources[0] == '\0' ? NULL : end->sources,
	    "annotations", end->annotations, "x_citations", end->citations,
	    "x_answered", end->is_answered);
	openaiwire_event(out, openaiwire_chunk(w, delta, NULL));
	openaiwire_event(out, openaiwire_chunk(w, json_object(),
	    end->reason));
}

static json_t *
openaiwire_usage_json(const struct openaiwire_usage *u)
{
	return (json_pack("{s:I, s:I, s:I}",
	    "prompt_tokens", (json_int_t)u->input_tokens,
	    "completion_tokens", (json_int_t)u->output_tokens,
	    "total_tokens",
	    (json_int_t)(u->input_tokens + u->output_tokens)));
}

void
openaiwire_usage(struct buffer *out, const struct openaiwire *w,
    const struct openaiwire_usage *u)
{
	openaiwire_event(out, json_pack("{s:s+, s:s, s:I, s:s, s:[], s:o}",
	    "id", OPENAIWIRE_ID, w->id, "object", "chat.completion.chunk",
	    "created", (json_int_t)w->created, "model", w->model,
	    "choices", "usage", openaiwire_usage_json(u)));
}

void
openaiwire_fail(struct buffer *out, json_t *error)
{
	openaiwire_event(out, error);
}

void
openaiwire_done(struct buffer *out)
{
	buffer_add_text(out, "data: [DONE]\n\n");
}

json_t *
openaiwire_whole(const struct openaiwire *w, const char *text,
    const struct openaiwire_end *end, const struct openaiwire_usage *usage)
{
	json_t	*message;

	message = json_pack("{s:s, s:s+, s:n, s:O, s:O, s:b}",
	    "role", "assistant", "content", text, end->sources, "refusal",
	    "annotations", end->annotations, "x_citations", end->citations,
	    "x_answered", end->is_answered);

	return (json_pack("{s:s+, s:s, s:I, s:s, s:[{s:i, s:o, s:n, s:s}],"
	    " s:o}",
	    "id", OPENAIWIRE_ID, w->id, "object", "chat.completion",
	    "created", (json_int_t)w->created, "model", w->model,
	    "choices", "index", 0, "message", message, "logprobs",
	    "finish_reason", end->reason,
	    "usage", openaiwire_usage_json(usage)));
}

json_t *
openaiwire_error(int status, const char *code, const char *param,
    const char *message)
{
	const char	*type;
	char		 lower[64];
	size_t		 i;

	type = status == 401 ? "authentication_error" :
	    status == 403 ? "permission_error" :
	    status == 429 ? "rate_limit_error" :
	    status >= 500 ? "server_error" : "invalid_request_error";
	if (status == 401)
		code = "invalid_api_key";
	else if (status == 429 && code == NULL)
		code = "rate_limit_exceeded";
	/* Ours are in capitals, OpenAI's are not. */
	for (i = 0; code != NULL && code[i] != '\0' &&
	    i < sizeof(lower) - 1; i++)
		lower[i] = (char)(code[i] >= 'A' && code[i] <= 'Z' ?
		    code[i] - 'A' + 'a' : code[i]);
	lower[i] = '\0';

	return (json_pack("{s:{s:s, s:s, s:s?, s:s?}}", "error",
	    "message", message, "type", type, "param", param,
	    "code", code == NULL ? NULL : lower));
}

json_t *
openaiwire_model(const char *collection, int64_t created)
{
	return (json_pack("{s:s++, s:s, s:I, s:s}",
	    "id", OPENAIWIRE_MODEL, collection == NULL ? "" : "/",
	    collection == NULL ? "" : collection,
	    "object", "model", "created", (json_int_t)created,
	    "owned_by", "lectern"));
}

/* ---- sources ------------------------------------------------------------- */

static json_int_t
openaiwire_integer(const json_t *object, const char *name)
{
	return (json_integer_value(json_object_get(object, name)));
}

static const char *
openaiwire_string(const json_t *object, const char *name)
{
	return (json_string_value(json_object_get(object, name)));
}

/* Where the quote stands on our own page of the document. */
static void
openaiwire_link(const json_t *citation, const char *address,
    char out[OPENAIWIRE_LINK_MAX])
{
	(void)snprintf(out, OPENAIWIRE_LINK_MAX, "%s/documents/%s#%"
	    JSON_INTEGER_FORMAT "-%" JSON_INTEGER_FORMAT, address,
	    openaiwire_string(citation, "documentId"),
	    openaiwire_integer(citation, "start"),
	    openaiwire_integer(citation, "end"));
}

json_t *
openaiwire_annotation(const json_t *citation, size_t start, size_t end,
    const char *address)
{
	char	link[OPENAIWIRE_LINK_MAX];

	openaiwire_link(citation, address, link);

	return (json_pack("{s:s, s:{s:I, s:I, s:O, s:s}}",
	    "type", "url_citation", "url_citation",
	    "start_index", (json_int_t)start, "end_index", (json_int_t)end,
	    "title", json_object_get(citation, "title"), "url", link));
}

/* A title as the text of a link: its marks are no Markdown. */
static void
openaiwire_title(struct buffer *out, const char *title)
{
	for (; *title != '\0'; title++) {
		if (strchr("\\`*_[]<>!#|~&", *title) != NULL)
			buffer_add(out, "\\", 1);
		buffer_add(out, (unsigned char)*title < ' ' ? " " : title, 1);
	}
}

void
openaiwire_sources(struct buffer *out, const json_t *citations,
    const char *address)
{
	const json_t	*citation;
	json_int_t	 n, last = 0;
	char		 link[OPENAIWIRE_LINK_MAX], number[32];
	size_t		 i;

	/* A number's first citation comes before those of all later numbers. */
	json_array_foreach(citations, i, citation) {
		if ((n = openaiwire_integer(citation, "n")) <= last)
			continue;
		buffer_add_text(out, last == 0 ? "\n\nSources:\n\n" : "");
		last = n;
		openaiwire_link(citation, address, link);
		(void)snprintf(number, sizeof(number), "- [%"
		    JSON_INTEGER_FORMAT "] [", n);
		buffer_add_text(out, number);
		openaiwire_title(out, openaiwire_string(citation, "title"));
		buffer_add_text(out, "](");
		buffer_add_text(out, link);
		buffer_add_text(out, ")\n");
	}
}

/* From the end, for the words may stand in the answer itself as well. */
size_t
openaiwire_without_sources(const char *text, size_t len)
{
	static const char	begin[] = "\n\nSources:\n\n- [";
	size_t			at = len;

	while (at-- > 0)
		if (len - at >= sizeof(begin) - 1 && text[at] == '\n' &&
		    memcmp(text + at, begin, sizeof(begin) - 1) == 0)
			return (at);

	return (len);
}
