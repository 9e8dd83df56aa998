/*
 * Parts of the AI SDK's UI message stream; see uistream.h.
 *
 * Every part goes out as one event "data: {json}". All of an answer's text
 * has the same id, for it is one text part.
 */
#include <string.h>

#include "jsontext.h"
#include "uistream.h"
#include "utf8.h"

#define UISTREAM_TEXT_ID	"answer"

static int
uistream_dump(const char *data, size_t len, void *arg)
{
	buffer_add(arg, data, len);

	return (0);
}

/* Takes the part's reference. */
static void
uistream_part(struct buffer *out, json_t *part)
{
	buffer_add_text(out, "data: ");
	if (part == NULL || json_dump_callback(part, uistream_dump, out,
	    JSON_COMPACT) == -1)
		out->has_failed = 1;
	buffer_add_text(out, "\n\n");
	json_decref(part);
}

void
uistream_start(struct buffer *out, const char *message_id, json_t *metadata)
{
	uistream_part(out, json_pack("{s:s, s:s, s:o*}", "type", "start",
	    "messageId", message_id, "messageMetadata", metadata));
}

void
uistream_status(struct buffer *out, const char *state)
{
	uistream_part(out, json_pack("{s:s, s:{s:s}, s:b}",
	    "type", "data-status", "data", "state", state, "transient", 1));
}

/* What both a source part and a text's citation say of the document. */
static json_t *
uistream_place(const json_t *citation)
{
	return (json_pack("{s:{s:O, s:O, s:O, s:O, s:O*}}", "lectern",
	    "documentId", json_object_get(citation, "documentId"),
	    "start", json_object_get(citation, "start"),
	    "end", json_object_get(citation, "end"),
	    "sha256", json_object_get(citation, "sha256"),
	    "heading", json_object_get(citation, "heading")));
}

static json_t *
uistream_source_id(const json_t *citation)
{
	return (json_sprintf("%" JSON_INTEGER_FORMAT,
	    json_integer_value(json_object_get(citation, "n"))));
}

void
uistream_source(struct buffer *out, const json_t *citation)
{
	uistream_part(out, json_pack("{s:s, s:o, s:s, s:O, s:o}",
	    "type", "source-document",
	    "sourceId", uistream_source_id(citation),
	    "mediaType", "text/plain",
	    "title", json_object_get(citation, "title"),
	    "providerMetadata", uistream_place(citation)));
}

void
uistream_step_start(struct buffer *out)
{
	uistream_part(out, json_pack("{s:s}", "type", "start-step"));
}

void
uistream_text_start(struct buffer *out)
{
	uistream_part(out, json_pack("{s:s, s:s}", "type", "text-start",
	    "id", UISTREAM_TEXT_ID));
}

void
uistream_text(struct buffer *out, const char *text, size_t len)
{
	/* Once a token: nothing is built for it. */
	if (!utf8_is_valid(text, len))
		return;
	buffer_add_text(out, "data: {\"type\":\"text-delta\",\"id\":\""
	    UISTREAM_TEXT_ID "\",\"delta\":");
	jsontext_add(out, text, len);
	buffer_add_text(out, "}\n\n");
}

void
uistream_text_end(struct buffer *out, json_t *citations)
{
	/* Clients of the first versions know no citations at all. */
	if (json_array_size(citations) == 0) {
		json_decref(citations);
		citations = NULL;
	}
	uistream_part(out, json_pack("{s:s, s:s, s:o*}", "type", "text-end",
	    "id", UISTREAM_TEXT_ID, "citations", citations));
}

json_t *
uistream_text_citation(const json_t *citation, size_t start, size_t end)
{
	return (json_pack("{s:{s:s, s:s, s:o, s:s, s:O, s:o}, s:I, s:I, s:O}",
	    "source", "type", "source", "sourceType", "document",
	    "id", uistream_source_id(citation), "mediaType", "text/plain",
	    "title", json_object_get(citation, "title"),
	    "providerMetadata", uistream_place(citation),
	    "startIndex", (json_int_t)start, "endIndex", (json_int_t)end,
	    "citedText", json_object_get(citation, "quote")));
}

void
uistream_citation(struct buffer *out, const json_t *citation)
{
	uistream_part(out, json_pack("{s:s, s:O}", "type", "data-citation",
	    "data", citation));
}

void
uistream_step_finish(struct buffer *out)
{
	uistream_part(out, json_pack("{s:s}", "type", "finish-step"));
}

void
uistream_finish(struct buffer *out, const char *reason, json_t *metadata)
{
	uistream_part(out, json_pack("{s:s, s:s, s:o*}", "type", "finish",
	    "finishReason", reason, "messageMetadata", metadata));
}

void
uistream_error(struct buffer *out, const char *message)
{
	uistream_part(out, json_pack("{s:s, s:s}", "type", "error",
	    "errorText", message));
}

void
uistream_abort(struct buffer *out)
{
	uistream_part(out, json_pack("{s:s}", "type", "abort"));
}

void
uistream_done(struct buffer *out)
{
	buffer_add_text(out, "data: [DONE]\n\n");
}
