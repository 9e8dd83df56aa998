/*
 * OpenAI's request, field by field; see openairequest.h.
 *
 * Each field has its reader in a table. A reader gets a value that is there
 * and not null, and says no by openairequest_refuse().
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "openairequest.h"
#include "openaiwire.h"
#include "utf8.h"

#define OPENAIREQUEST_SHOWN_MAX		100	/* bytes of a name */

struct openairequest_pass {
	struct openairequest		*request;
	struct openairequest_refusal	*refusal;
	const json_t			*body;
	const char			*name;	/* of the field */
};

static int	openairequest_model(struct openairequest_pass *,
		    const json_t *);
static int	openairequest_messages(struct openairequest_pass *,
		    const json_t *);
static int	openairequest_flag(struct openairequest_pass *,
		    const json_t *);
static int	openairequest_stream_options(struct openairequest_pass *,
		    const json_t *);
static int	openairequest_max_tokens(struct openairequest_pass *,
		    const json_t *);
static int	openairequest_temperature(struct openairequest_pass *,
		    const json_t *);
static int	openairequest_top_p(struct openairequest_pass *,
		    const json_t *);
static int	openairequest_penalty(struct openairequest_pass *,
		    const json_t *);
static int	openairequest_stop(struct openairequest_pass *,
		    const json_t *);
static int	openairequest_one(struct openairequest_pass *,
		    const json_t *);
static int	openairequest_format(struct openairequest_pass *,
		    const json_t *);
static int	openairequest_modalities(struct openairequest_pass *,
		    const json_t *);
static int	openairequest_tools(struct openairequest_pass *,
		    const json_t *);
static int	openairequest_nothing(struct openairequest_pass *,
		    const json_t *);
static int	openairequest_collection(struct openairequest_pass *,
		    const json_t *);
static int	openairequest_documents(struct openairequest_pass *,
		    const json_t *);

static const struct {
	const char	*name;
	int		 is_required;
	int		(*read)(struct openairequest_pass *, const json_t *);
} openairequest_fields[] = {
	{ "model", 1, openairequest_model },
	{ "messages", 1, openairequest_messages },
	{ "stream", 0, openairequest_flag },
	{ "stream_options", 0, openairequest_stream_options },
	{ "max_tokens", 0, openairequest_max_tokens },
	/* Its younger name; it has the last word. */
	{ "max_completion_tokens", 0, openairequest_max_tokens },
	{ "temperature", 0, openairequest_temperature },
	{ "top_p", 0, openairequest_top_p },
	{ "presence_penalty", 0, openairequest_penalty },
	{ "frequency_penalty", 0, openairequest_penalty },
	{ "stop", 0, openairequest_stop },
	{ "n", 0, openairequest_one },
	{ "response_format", 0, openairequest_format },
	{ "modalities", 0, openairequest_modalities },
	{ "tools", 0, openairequest_tools },
	{ "functions", 0, openairequest_tools },
	{ "tool_choice", 0, openairequest_nothing },
	{ "function_call", 0, openairequest_nothing },
	{ "logprobs", 0, openairequest_nothing },
	{ "top_logprobs", 0, openairequest_nothing },
	{ "logit_bias", 0, openairequest_nothing },
	{ "audio", 0, openairequest_nothing },
	{ "web_search_options", 0, openairequest_nothing },
	/* Not OpenAI's: as in POST /api/chat. */
	{ "collection", 0, openairequest_collection },
	{ "documentIds", 0, openairequest_documents }
};

static int openairequest_refuse(struct openairequest_pass *, const char *,
    const char *, ...) __attribute__((format(printf, 3, 4)));

static int
openairequest_refuse(struct openairequest_pass *pass, const char *param,
    const char *format, ...)
{
	struct openairequest_refusal	*r = pass->refusal;
	va_list				 args;

	(void)snprintf(r->param, sizeof(r->param), "%s", param);
	va_start(args, format);
	(void)vsnprintf(r->message, sizeof(r->message), format, args);
	va_end(args);

	return (-1);
}

/* A name of the caller's for a message: nothing that would be cut in it. */
static const char *
openairequest_shown(const json_t *name)
{
	const char	*text = json_string_value(name);

	return (text != NULL && strlen(text) <= OPENAIREQUEST_SHOWN_MAX ?
	    text : "...");
}

int
openairequest_read(struct openairequest *request, const json_t *body,
    struct openairequest_refusal *refusal)
{
	struct openairequest_pass	 pass = { .request = request,
					    .refusal = refusal, .body = body };
	const json_t			*value;
	size_t				 i;

	memset(request, 0, sizeof(*request));
	memset(refusal, 0, sizeof(*refusal));
	buffer_init(&request->question);
	buffer_init(&request->instructions);
	llm_options_init(&request->options);
	request->turns = json_array();

	for (i = 0; i < sizeof(openairequest_fields) /
	    sizeof(openairequest_fields[0]); i++) {
		pass.name = openairequest_fields[i].name;
		value = json_object_get(body, pass.name);
		if (value == NULL || json_is_null(value)) {
			if (openairequest_fields[i].is_required)
				return (openairequest_refuse(&pass, pass.name,
				    "'%s' is required", pass.name));
		} else if (openairequest_fields[i].read(&pass, value) == -1)
			return (-1);
	}

	return (0);
}

void
openairequest_free(struct openairequest *request)
{
	buffer_free(&request->question);
	buffer_free(&request->instructions);
	json_decref(request->turns);
	json_decref(request->stop);
	request->turns = request->stop = NULL;
}

/* ---- what is asked, of what ---------------------------------------------- */

/* "lectern", or "lectern/" and the name of a collection. */
static int
openairequest_model(struct openairequest_pass *pass, const json_t *value)
{
	static const size_t	 len = sizeof(OPENAIWIRE_MODEL) - 1;
	struct openairequest	*r = pass->request;
	size_t			 rest;

	if (!json_is_string(value))
		return (openairequest_refuse(pass, pass->name,
		    "'model' is a string"));
	r->model = json_string_value(value);
	rest = json_string_length(value);
	if (strcmp(r->model, OPENAIWIRE_MODEL) == 0 && rest == len)
		return (0);
	if (rest == strlen(r->model) && rest > len + 1 &&
	    rest <= len + 1 + OPENAIREQUEST_NAME_MAX &&
	    strncmp(r->model, OPENAIWIRE_MODEL "/", len + 1) == 0) {
		r->collection = r->model + len + 1;
		r->is_model_collection = 1;
		return (0);
	}
	pass->refusal->is_no_model = 1;

	return (openairequest_refuse(pass, pass->name, "There is no model "
	    "'%s'; GET /v1/models lists those there are",
	    openairequest_shown(value)));
}

static int
openairequest_collection(struct openairequest_pass *pass,
    const json_t *value)
{
	struct openairequest	*r = pass->request;
	size_t			 len = json_string_length(value);

	if (!json_is_string(value) || len == 0 ||
	    len > OPENAIREQUEST_NAME_MAX ||
	    !utf8_is_text(json_string_value(value), len))
		return (openairequest_refuse(pass, pass->name,
		    "'collection' is the id or name of a collection"));
	if (r->is_model_collection)
		return (openairequest_refuse(pass, pass->name,
		    "The model names a collection already"));
	r->collection = json_string_value(value);

	return (0);
}

static int
openairequest_documents(struct openairequest_pass *pass,
    const json_t *value)
{
	const json_t	*id;
	size_t		 i;

	if (!json_is_array(value) ||
	    json_array_size(value) > OPENAIREQUEST_DOCUMENTS_MAX)
		return (openairequest_refuse(pass, pass->name,
		    "'documentIds' is an array of at most %d strings",
		    OPENAIREQUEST_DOCUMENTS_MAX));
	json_array_foreach(value, i, id)
		if (!json_is_string(id))
			return (openairequest_refuse(pass, pass->name,
			    "'documentIds' holds strings"));
	pass->request->document_ids = value;

	return (0);
}

/* ---- messages ------------------------------------------------------------ */

/* One part of a content that is an array; appends its text. */
static int
openairequest_part(struct openairequest_pass *pass, size_t message,
    size_t n, const json_t *part, struct buffer *out)
{
	const json_t	*text;
	const char	*type;
	char		 param[64];

	(void)snprintf(param, sizeof(param), "messages[%zu].content[%zu]",
	    message, n);
	type = json_string_value(json_object_get(part, "type"));
	if (type == NULL)
		return (openairequest_refuse(pass, param,
		    "A part of a content is an object with a type"));
	if (strcmp(type, "refusal") == 0)
		return (0);
	if (strcmp(type, "text") != 0)
		return (openairequest_refuse(pass, param, "Only parts of the "
		    "type 'text' are understood, not '%s'",
		    openairequest_shown(json_object_get(part, "type"))));
	text = json_object_get(part, "text");
	if (!json_is_string(text) || !utf8_is_text(json_string_value(text),
	    json_string_length(text)))
		return (openairequest_refuse(pass, param,
		    "'text' is a string without NUL characters"));
	if (out->len > 0)
		buffer_add(out, "\n", 1);
	buffer_add(out, json_string_value(text), json_string_length(text));

	return (0);
}

/* The text of a message's content: a string, or parts of text. */
static int
openairequest_content(struct openairequest_pass *pass, size_t message,
    const json_t *content, struct buffer *out)
{
	const json_t	*part;
	char		 param[64];
	size_t		 i;

	(void)snprintf(param, sizeof(param), "messages[%zu].content",
	    message);
	if (json_is_string(content)) {
		if (!utf8_is_text(json_string_value(content),
		    json_string_length(content)))
			return (openairequest_refuse(pass, param,
			    "The text holds a NUL character"));
		buffer_add(out, json_string_value(content),
		    json_string_length(content));
		return (0);
	}
	if (content == NULL || json_is_null(content))
		return (0);
	if (!json_is_array(content))
		return (openairequest_refuse(pass, param,
		    "'content' is a string or an array of text parts"));
	json_array_foreach(content, i, part)
		if (openairequest_part(pass, message, i, part, out) == -1)
			return (-1);

	return (0);
}

static int
openairequest_turn(struct openairequest_pass *pass, const char *role,
    const struct buffer *text)
{
	size_t	len = text->len;

	if (strcmp(role, "assistant") == 0)
		len = openaiwire_without_sources(buffer_text(text), len);
	if (utf8_skip_blanks(buffer_text(text), len, 0) < len &&
	    json_array_append_new(pass->request->turns, json_pack(
	    "{s:s, s:s%}", "role", role, "text", text->data, len)) == -1)
		return (openairequest_refuse(pass, pass->name, "No memory"));

	return (0);
}

static int
openairequest_system(struct openairequest_pass *pass,
    const struct buffer *text)
{
	struct buffer	*out = &pass->request->instructions;

	if (text->len == 0)
		return (0);
	if (out->len > 0)
		buffer_add_text(out, "\n\n");
	buffer_add(out, text->data, text->len);
	if (out->len > OPENAIREQUEST_SYSTEM_MAX)
		return (openairequest_refuse(pass, pass->name,
		    "The system messages are longer than %d KiB",
		    OPENAIREQUEST_SYSTEM_MAX / 1024));

	return (0);
}

/* The question: what everything turns on. */
static int
openairequest_last(struct openairequest_pass *pass, size_t i,
    const char *role, struct buffer *text)
{
	char	param[64];

	(void)snprintf(param, sizeof(param), "messages[%zu].content", i);
	if (strcmp(role, "user") != 0)
		return (openairequest_refuse(pass, pass->name,
		    "The last message is the question: its role is 'user'"));
	if (utf8_skip_blanks(buffer_text(text), text->len, 0) == text->len)
		return (openairequest_refuse(pass, param,
		    "Ask something: the message is empty"));
	if (text->len > OPENAIREQUEST_QUESTION_MAX)
		return (openairequest_refuse(pass, param,
		    "The question is longer than %d KiB",
		    OPENAIREQUEST_QUESTION_MAX / 1024));
	buffer_add(&pass->request->question, text->data, text->len);

	return (0);
}

static int
openairequest_message(struct openairequest_pass *pass, size_t i,
    const json_t *message, int is_last)
{
	const char	*role;
	struct buffer	 text;
	char		 param[64];
	int		 ret;

	role = json_string_value(json_object_get(message, "role"));
	(void)snprintf(param, sizeof(param), "messages[%zu].role", i);
	if (role == NULL || (strcmp(role, "system") != 0 &&
	    strcmp(role, "developer") != 0 && strcmp(role, "user") != 0 &&
	    strcmp(role, "assistant") != 0))
		return (openairequest_refuse(pass, param, "A message's role "
		    "is 'system', 'developer', 'user' or 'assistant'"));

	buffer_init(&text);
	ret = openairequest_content(pass, i,
	    json_object_get(message, "content"), &text);
	if (ret == 0 && is_last)
		ret = openairequest_last(pass, i, role, &text);
	else if (ret == 0 && (role[0] == 's' || role[0] == 'd'))
		ret = openairequest_system(pass, &text);
	else if (ret == 0)
		ret = openairequest_turn(pass, role, &text);
	buffer_free(&text);

	return (ret);
}

static int
openairequest_messages(struct openairequest_pass *pass, const json_t *value)
{
	const json_t	*message;
	size_t		 i, n = json_array_size(value);

	if (n == 0 || n > OPENAIREQUEST_MESSAGES_MAX)
		return (openairequest_refuse(pass, pass->name,
		    "'messages' is an array of 1 to %d messages",
		    OPENAIREQUEST_MESSAGES_MAX));
	json_array_foreach(value, i, message)
		if (openairequest_message(pass, i, message, i + 1 == n) == -1)
			return (-1);

	return (0);
}

/* ---- how ----------------------------------------------------------------- */

static int
openairequest_flag(struct openairequest_pass *pass, const json_t *value)
{
	if (!json_is_boolean(value))
		return (openairequest_refuse(pass, pass->name,
		    "'%s' is true or false", pass->name));
	pass->request->is_stream = json_is_true(value);

	return (0);
}

static int
openairequest_stream_options(struct openairequest_pass *pass,
    const json_t *value)
{
	const json_t	*usage = json_object_get(value, "include_usage");

	if (!json_is_object(value) || (usage != NULL &&
	    !json_is_null(usage) && !json_is_boolean(usage)))
		return (openairequest_refuse(pass, pass->name,
		    "'stream_options' is an object; its 'include_usage' is "
		    "true or false"));
	pass->request->has_usage = json_is_true(usage);

	return (0);
}

static int
openairequest_max_tokens(struct openairequest_pass *pass,
    const json_t *value)
{
	json_int_t	n = json_integer_value(value);

	if (!json_is_integer(value) || n < 1 || n > OPENAIREQUEST_TOKENS_MAX)
		return (openairequest_refuse(pass, pass->name,
		    "'%s' is a whole number from 1 to %d", pass->name,
		    OPENAIREQUEST_TOKENS_MAX));
	pass->request->options.max_tokens = n;

	return (0);
}

static int
openairequest_number(struct openairequest_pass *pass, const json_t *value,
    double least, double most)
{
	if (!json_is_number(value) || json_number_value(value) < least ||
	    json_number_value(value) > most)
		return (openairequest_refuse(pass, pass->name,
		    "'%s' is a number from %g to %g", pass->name, least,
		    most));

	return (0);
}

static int
openairequest_temperature(struct openairequest_pass *pass,
    const json_t *value)
{
	pass->request->options.temperature = json_number_value(value);

	return (openairequest_number(pass, value, 0, 2));
}

static int
openairequest_top_p(struct openairequest_pass *pass, const json_t *value)
{
	return (openairequest_number(pass, value, 0, 1));
}

static int
openairequest_penalty(struct openairequest_pass *pass, const json_t *value)
{
	return (openairequest_number(pass, value, -2, 2));
}

static int
openairequest_stop(struct openairequest_pass *pass, const json_t *value)
{
	struct openairequest	*r = pass->request;
	json_t			*stop;
	size_t			 i, len;
	int			 is_good;

	r->stop = json_is_string(value) ? json_pack("[O]", value) :
	    json_deep_copy(value);
	is_good = json_is_array(r->stop) &&
	    json_array_size(r->stop) <= OPENAIREQUEST_STOPS_MAX;
	json_array_foreach(r->stop, i, stop) {
		len = json_string_length(stop);
		is_good = is_good && json_is_string(stop) && len > 0 &&
		    len <= OPENAIREQUEST_STOP_MAX;
	}
	if (!is_good)
		return (openairequest_refuse(pass, pass->name,
		    "'stop' is a string or an array of up to %d, each of 1 to "
		    "%d bytes", OPENAIREQUEST_STOPS_MAX,
		    OPENAIREQUEST_STOP_MAX));
	if (json_array_size(r->stop) > 0)
		r->options.stop = r->stop;

	return (0);
}

static int
openairequest_one(struct openairequest_pass *pass, const json_t *value)
{
	if (json_integer_value(value) != 1)
		return (openairequest_refuse(pass, pass->name,
		    "There is one answer to a question: 'n' is 1"));

	return (0);
}

/* ---- what is not offered ------------------------------------------------- */

static int
openairequest_format(struct openairequest_pass *pass, const json_t *value)
{
	const char	*type;

	type = json_string_value(json_object_get(value, "type"));
	if (type == NULL || strcmp(type, "text") != 0)
		return (openairequest_refuse(pass, pass->name,
		    "Answers are text with citations: no other "
		    "'response_format' is offered"));

	return (0);
}

static int
openairequest_modalities(struct openairequest_pass *pass,
    const json_t *value)
{
	const char	*only;

	only = json_string_value(json_array_get(value, 0));
	if (json_array_size(value) != 1 || only == NULL ||
	    strcmp(only, "text") != 0)
		return (openairequest_refuse(pass, pass->name,
		    "Answers are text: 'modalities' is [\"text\"]"));

	return (0);
}

/* Tools that may not be used change nothing. */
static int
openairequest_tools(struct openairequest_pass *pass, const json_t *value)
{
	const char	*choice;

	choice = json_string_value(json_object_get(pass->body,
	    pass->name[0] == 't' ? "tool_choice" : "function_call"));
	if (json_is_array(value) && (json_array_size(value) == 0 ||
	    (choice != NULL && strcmp(choice, "none") == 0)))
		return (0);

	return (openairequest_refuse(pass, pass->name,
	    "Answers come from documents: '%s' cannot be called here",
	    pass->name));
}

/* Allowed as far as it asks for nothing: false, 0, "none", "auto", {}. */
static int
openairequest_nothing(struct openairequest_pass *pass, const json_t *value)
{
	const char	*text = json_string_value(value);

	if (json_is_false(value) || (json_is_integer(value) &&
	    json_integer_value(value) == 0) || (text != NULL &&
	    (strcmp(text, "none") == 0 || strcmp(text, "auto") == 0)) ||
	    (json_is_object(value) && json_object_size(value) == 0 &&
	    strcmp(pass->name, "web_search_options") != 0))
		return (0);

	return (openairequest_refuse(pass, pass->name,
	    "'%s' is not offered here", pass->name));
}
