/*
 * The chat completions' words; see llmwire.h.
 *
 * Read leniently, since every server speaks its own dialect: what is missing
 * or of another type counts as absent, and only what is no JSON object at all
 * is garbage. Of several choices the first one (index 0) is the answer;
 * reasoning, tool calls and log probabilities are passed over.
 *
 * Deliberately missing: content in parts (arrays), which no streaming end
 * point is known to send to a request without tools and images.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "jsontext.h"
#include "llmwire.h"
#include "utf8.h"

static char	*llmwire_rest(const struct llm_options *);
static int	 llmwire_string(struct buffer *, const char *);
static json_t	*llmwire_parse(const char *, size_t);
static int	 llmwire_mend_halves(char *, size_t);
static unsigned	 llmwire_unit(const char *, size_t);
static int	 llmwire_is_error(const json_t *, long *);
static const json_t *llmwire_choice(const json_t *);
static void	 llmwire_usage(struct llm_usage *, const json_t *);

void
llm_options_init(struct llm_options *options)
{
	memset(options, 0, sizeof(*options));
	options->temperature = NAN;
}

/* What stands behind the messages, as an object of its own; NULL: no memory. */
static char *
llmwire_rest(const struct llm_options *options)
{
	json_t	*rest = json_pack("{s:b, s:{s:b}}", "stream", 1,
		    "stream_options", "include_usage", 1);
	char	*text;
	int	 bad = 0;

	if (options != NULL && options->max_tokens > 0)
		bad |= json_object_set_new(rest, "max_tokens",
		    json_integer(options->max_tokens));
	if (options != NULL && !isnan(options->temperature))
		bad |= json_object_set_new(rest, "temperature",
		    json_real(options->temperature));
	if (options != NULL && json_array_size(options->stop) > 0)
		bad |= json_object_set_new(rest, "stop",
		    json_deep_copy(options->stop));
	text = bad || rest == NULL ? NULL : json_dumps(rest, JSON_COMPACT);
	json_decref(rest);

	return (text);
}

/* Appends a string; -1: it is not UTF-8. */
static int
llmwire_string(struct buffer *out, const char *text)
{
	size_t	len = strlen(text);

	if (!utf8_is_valid(text, len))
		return (-1);
	jsontext_add(out, text, len);

	return (0);
}

/*
 * The messages hold whole passages: they are written straight into the body,
 * since building values of them first costs several times as much.
 */
char *
llmwire_request(const char *model, const struct llm_message *messages,
    size_t count, const struct llm_options *options)
{
	struct buffer	 body;
	char		*rest = llmwire_rest(options);
	int		 bad = rest == NULL;
	size_t		 i;

	buffer_init(&body);
	buffer_add_text(&body, "{\"model\":");
	bad |= llmwire_string(&body, model);
	buffer_add_text(&body, ",\"messages\":[");
	for (i = 0; i < count; i++) {
		buffer_add_text(&body, i == 0 ? "{\"role\":" :
		    ",{\"role\":");
		bad |= llmwire_string(&body, messages[i].role);
		buffer_add_text(&body, ",\"content\":");
		bad |= llmwire_string(&body, messages[i].text);
		buffer_add_text(&body, "}");
	}
	buffer_add_text(&body, "],");
	/* Without the brace that it begins with. */
	buffer_add_text(&body, bad ? "" : rest + 1);
	free(rest);
	if (bad || body.has_failed)
		buffer_free(&body);

	return (body.data);
}

enum llmwire_kind
llmwire_read(struct llmwire_chunk *chunk, const char *data, size_t len)
{
	const json_t	*choice, *content;

	memset(chunk, 0, sizeof(*chunk));
	while (len > 0 && (data[len - 1] == ' ' || data[len - 1] == '\t'))
		len--;
	if (len == 6 && memcmp(data, "[DONE]", 6) == 0)
		return (LLMWIRE_DONE);
	chunk->root = llmwire_parse(data, len);
	if (!json_is_object(chunk->root))
		return (LLMWIRE_GARBAGE);
	if (llmwire_is_error(chunk->root, &chunk->status))
		return (LLMWIRE_ERROR);

	llmwire_usage(&chunk->usage, json_object_get(chunk->root, "usage"));
	choice = llmwire_choice(json_object_get(chunk->root, "choices"));
	chunk->reason = json_string_value(json_object_get(choice,
	    "finish_reason"));
	content = json_object_get(json_object_get(choice, "delta"),
	    "content");
	chunk->text = json_string_value(content);
	chunk->len = json_string_length(content);

	return (LLMWIRE_CHUNK);
}

void
llmwire_free(struct llmwire_chunk *chunk)
{
	json_decref(chunk->root);
	chunk->root = NULL;
}

/* The parser is strict; what it refuses is mended and tried once more. */
static json_t *
llmwire_parse(const char *data, size_t len)
{
	json_t	*root = json_loadb(data, len, JSON_ALLOW_NUL, NULL);
	char	*mended;
	size_t	 mended_len;

	if (root != NULL || len == 0 || data[0] != '{' ||
	    (mended = utf8_sanitise(data, len, &mended_len)) == NULL)
		return (root);
	if (llmwire_mend_halves(mended, mended_len) || mended_len != len ||
	    memcmp(mended, data, len) != 0)
		root = json_loadb(mended, mended_len, JSON_ALLOW_NUL, NULL);
	free(mended);

	return (root);
}

/* Escapes of one half of a pair become \ufffd, in place; 1: there were some. */
static int
llmwire_mend_halves(char *text, size_t len)
{
	unsigned	unit;
	size_t		at;
	int		has_mended = 0;

	for (at = 0; at + 6 <= len; at++) {
		if (text[at] != '\\')
			continue;
		if (text[at + 1] != 'u') {
			at++;
			continue;
		}
		unit = llmwire_unit(text + at, len - at);
		if (unit >= 0xd800 && unit <= 0xdbff) {
			unit = llmwire_unit(text + at + 6, len - at - 6);
			if (unit >= 0xdc00 && unit <= 0xdfff) {
				at += 11;
				continue;
			}
		} else if (unit < 0xdc00 || unit > 0xdfff)
			continue;
		memcpy(text + at + 2, "fffd", 4);
		has_mended = 1;
		at += 5;
	}

	return (has_mended);
}

/* The UTF-16 unit that \uXXXX stands for; 0 when there is no such escape. */
static unsigned
llmwire_unit(const char *text, size_t len)
{
	unsigned	unit = 0, digit;
	size_t		i;

	if (len < 6 || text[0] != '\\' || text[1] != 'u')
		return (0);
	for (i = 2; i < 6; i++) {
		if (text[i] >= '0' && text[i] <= '9')
			digit = (unsigned)(text[i] - '0');
		else if ((text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'f')
			digit = (unsigned)((text[i] | 0x20) - 'a') + 10;
		else
			return (0);
		unit = unit << 4 | digit;
	}

	return (unit);
}

/*
 * {"error": {...}} is OpenAI's, {"error": "..."} Ollama's, {"object": "error"}
 * vLLM's. The code is HTTP's status with vLLM and OpenRouter.
 */
static int
llmwire_is_error(const json_t *root, long *status)
{
	const json_t	*error = json_object_get(root, "error"), *code;
	const char	*object;
	json_int_t	 number;

	if (error == NULL || json_is_null(error) || json_is_false(error)) {
		object = json_string_value(json_object_get(root, "object"));
		if (object == NULL || strcmp(object, "error") != 0)
			return (0);
		error = root;
	}
	code = json_object_get(error, "code");
	number = json_is_integer(code) ? json_integer_value(code) : 0;
	*status = number >= 400 && number <= 599 ? (long)number : 0;

	return (1);
}

static const json_t *
llmwire_choice(const json_t *choices)
{
	const json_t	*choice, *number;
	size_t		 i;

	json_array_foreach(choices, i, choice) {
		number = json_object_get(choice, "index");
		if (!json_is_integer(number) ||
		    json_integer_value(number) == 0)
			return (choice);
	}

	return (NULL);
}

static void
llmwire_usage(struct llm_usage *usage, const json_t *told)
{
	const json_t	*in = json_object_get(told, "prompt_tokens");
	const json_t	*out = json_object_get(told, "completion_tokens");
	const json_t	*total = json_object_get(told, "total_tokens");

	if (!json_is_integer(in) || !json_is_integer(out) ||
	    json_integer_value(in) < 0 || json_integer_value(out) < 0 ||
	    json_integer_value(in) > UINT32_MAX ||
	    json_integer_value(out) > UINT32_MAX)
		return;
	usage->is_known = 1;
	usage->input_tokens = json_integer_value(in);
	usage->output_tokens = json_integer_value(out);
	usage->total_tokens = json_is_integer(total) &&
	    json_integer_value(total) >= 0 ? json_integer_value(total) :
	    usage->input_tokens + usage->output_tokens;
}
