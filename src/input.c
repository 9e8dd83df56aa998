/*
 * JSON and form bodies against a table of fields.
 *
 * Order of refusals, as better-auth has it: media type, syntax, Origin (on
 * routes that ask for it here), targets of redirects (on its routes), then the
 * fields, all their faults in one message:
 * "[body.email] Invalid input: expected string, received number".
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "edge.h"
#include "input.h"
#include "origin.h"
#include "percent.h"
#include "reply.h"

#define INPUT_TYPE_JSON	"application/json"
#define INPUT_TYPE_FORM	"application/x-www-form-urlencoded"
#define INPUT_TYPE_MAX	128
#define INPUT_FAULT_MAX	512
#define INPUT_TARGET_MAX	4096

/* The faults found so far. */
struct input_faults {
	char		 text[INPUT_FAULT_MAX];
	const char	*field;		/* the first to blame */
};

static int		 input_media_type(const struct request *,
			    char [INPUT_TYPE_MAX]);
static enum step	 input_refuse_type(struct request *, const char *,
			    int);
static enum step	 input_read_json(struct request *);
static enum step	 input_parse_json(struct request *);
static enum step	 input_parse_form(struct request *);
static enum step	 input_check(struct request *,
			    const struct input_field *, size_t, void *);
static enum step	 input_judge_targets(struct request *);
static int		 input_is_target(const json_t *);
static void		 input_mend_surrogates(char *, size_t);
static int		 input_hex(const char *, size_t);
static void		 input_take(struct request *,
			    const struct input_field *, json_t *, char *,
			    struct input_faults *);
static void		 input_take_string(struct request *,
			    const struct input_field *, json_t *, char *,
			    struct input_faults *);
static void		 input_blame(struct input_faults *, const char *,
			    const char *);
static const char	*input_type_name(const json_t *);
static const char	*input_expected(enum input_type);

enum step
input_json(struct request *r, const struct input_field *fields, size_t count,
    void *out)
{
	if (input_read_json(r) == STEP_DONE)
		return (STEP_DONE);

	return (input_check(r, fields, count, out));
}

enum step
input_anything(struct request *r)
{
	if (input_read_json(r) == STEP_DONE)
		return (STEP_DONE);
	if (!json_is_object(r->body)) {
		json_decref(r->body);
		r->body = json_object();
	}

	return (input_check(r, NULL, 0, NULL));
}

enum step
input_json_or_nothing(struct request *r, const struct input_field *fields,
    size_t count, void *out)
{
	size_t	len;

	(void)request_body(r, &len);
	if (len == 0)
		r->body = json_object();

	return (input_json(r, fields, count, out));
}

enum step
input_form(struct request *r, const struct input_field *fields, size_t count,
    void *out)
{
	if (input_parse_form(r) == STEP_DONE)
		return (STEP_DONE);

	return (input_check(r, fields, count, out));
}

enum step
input_json_or_form(struct request *r, const struct input_field *fields,
    size_t count, void *out)
{
	char	type[INPUT_TYPE_MAX];
	size_t	len;

	(void)request_body(r, &len);
	if (len > 0) {
		if (!input_media_type(r, type))
			return (input_refuse_type(r, type, 1));
		if (strcmp(type, INPUT_TYPE_FORM) == 0)
			return (input_form(r, fields, count, out));
		if (strcmp(type, INPUT_TYPE_JSON) != 0)
			return (input_refuse_type(r, type, 1));
	}

	return (input_json(r, fields, count, out));
}

int
input_validate(struct request *r, const char *validator, const char *value)
{
	struct kore_validator	*rule = kore_validator_lookup(validator);

	return (rule == NULL ||
	    kore_validator_check(r->http, rule, value) == KORE_RESULT_OK);
}

/* The media type in lower case without parameters; 0 when there is none. */
static int
input_media_type(const struct request *r, char out[INPUT_TYPE_MAX])
{
	const char	*type = request_header(r, "content-type");
	size_t		 i, len;

	out[0] = '\0';
	if (type == NULL)
		return (0);
	len = strcspn(type, "; ");
	if (len >= INPUT_TYPE_MAX)
		len = INPUT_TYPE_MAX - 1;
	for (i = 0; i < len; i++)
		out[i] = type[i] >= 'A' && type[i] <= 'Z' ?
		    (char)(type[i] + 'a' - 'A') : type[i];
	out[len] = '\0';

	return (1);
}

static enum step
input_refuse_type(struct request *r, const char *type, int takes_form)
{
	const char	*allowed = takes_form ?
	    INPUT_TYPE_FORM ", " INPUT_TYPE_JSON : INPUT_TYPE_JSON;
	char		 text[INPUT_FAULT_MAX];

	if (*type == '\0')
		(void)snprintf(text, sizeof(text), "Content-Type is required. "
		    "Allowed types: %s", allowed);
	else
		(void)snprintf(text, sizeof(text), "Content-Type \"%s\" is "
		    "not allowed. Allowed types: %s", type, allowed);

	return (request_fail_field(r, ERROR_UNSUPPORTED_MEDIA, NULL, text));
}

/* No body leaves r->body NULL. */
static enum step
input_read_json(struct request *r)
{
	char	type[INPUT_TYPE_MAX];
	size_t	len;

	(void)request_body(r, &len);
	if (r->face == FACE_FORM)
		return (input_parse_form(r));
	if (len == 0)
		return (STEP_NEXT);
	if (!input_media_type(r, type) || strcmp(type, INPUT_TYPE_JSON) != 0)
		return (input_refuse_type(r, type, 0));

	return (input_parse_json(r));
}

static enum step
input_parse_json(struct request *r)
{
	const u_int8_t	*body;
	char		*copy;
	size_t		 len;

	body = request_body(r, &len);
	/* NUL is allowed here to be refused by name of the field below. */
	r->body = json_loadb((const char *)body, len,
	    JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	if (r->body == NULL && (copy = malloc(len)) != NULL) {
		memcpy(copy, body, len);
		input_mend_surrogates(copy, len);
		r->body = json_loadb(copy, len,
		    JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		explicit_bzero(copy, len);
		free(copy);
	}
	edge_body_release(r->http);
	if (r->body == NULL)
		return (request_fail(r, ERROR_BAD_JSON));

	return (STEP_NEXT);
}

/*
 * Half a surrogate pair, which JavaScript makes of a text cut within an emoji,
 * becomes U+FFFD, as in every JSON parser of a browser; jansson refuses it.
 */
static void
input_mend_surrogates(char *text, size_t len)
{
	size_t	i = 0;
	int	unit;

	while (i + 1 < len) {
		if (text[i] != '\\') {
			i++;
			continue;
		}
		unit = input_hex(text + i, len - i);
		if (unit >= 0xd800 && unit < 0xdc00 && len - i >= 12 &&
		    (input_hex(text + i + 6, len - i - 6) & ~0x3ff) ==
		    0xdc00) {
			i += 12;
			continue;
		}
		if (unit >= 0xd800 && unit < 0xe000)
			memcpy(text + i, "\\ufffd", 6);
		i += 2;
	}
}

/* The code unit of "\uXXXX" at `text`; -1 when it is something else. */
static int
input_hex(const char *text, size_t len)
{
	int	i, digit, unit = 0;

	if (len < 6 || text[0] != '\\' || text[1] != 'u')
		return (-1);
	for (i = 2; i < 6; i++) {
		digit = text[i] >= '0' && text[i] <= '9' ? text[i] - '0' :
		    text[i] >= 'a' && text[i] <= 'f' ? text[i] - 'a' + 10 :
		    text[i] >= 'A' && text[i] <= 'F' ? text[i] - 'A' + 10 : -1;
		if (digit == -1)
			return (-1);
		unit = unit << 4 | digit;
	}

	return (unit);
}

/* A form becomes the JSON object that it would be; all values are strings. */
static enum step
input_parse_form(struct request *r)
{
	struct percent_form	 form;
	struct percent_pair	 pair;
	const u_int8_t		*body;
	char			*name, *value;
	size_t			 len, name_len, value_len;
	int			 is_good = 1;

	body = request_body(r, &len);
	r->body = json_object();
	form = percent_form_open((const char *)body, len);
	while (is_good && percent_form_next(&form, &pair)) {
		name = malloc(pair.name_len + 1);
		value = malloc(pair.value_len + 1);
		is_good = name != NULL && value != NULL &&
		    percent_decode(pair.name, pair.name_len,
		    PERCENT_PLUS_BLANK, name, pair.name_len + 1,
		    &name_len) == PERCENT_OK &&
		    percent_decode(pair.value, pair.value_len,
		    PERCENT_PLUS_BLANK, value, pair.value_len + 1,
		    &value_len) == PERCENT_OK &&
		    json_object_setn_new(r->body, name, name_len,
		    json_stringn(value, value_len)) == 0;
		free(name);
		free(value);
	}
	if (!is_good)
		return (request_fail(r, ERROR_BAD_TEXT));

	return (STEP_NEXT);
}

static enum step
input_check(struct request *r, const struct input_field *fields, size_t count,
    void *out)
{
	struct input_faults	 faults = { "", NULL };
	enum error_id		 error = ERROR_NONE;
	char			 text[64];
	size_t			 i;
	int			 has_cookie;

	/* better-auth looks at the Origin early with a cookie, else last. */
	has_cookie = request_header(r, "cookie") != NULL;
	if ((r->plan->flags & REQUEST_BODY_FIRST) && has_cookie)
		error = origin_check(r);
	if (error != ERROR_NONE)
		return (request_fail(r, error));
	if (r->face == FACE_AUTH && input_judge_targets(r) == STEP_DONE)
		return (STEP_DONE);

	if (!json_is_object(r->body)) {
		(void)snprintf(text, sizeof(text), "[body] Invalid input: "
		    "expected object, received %s", input_type_name(r->body));
		return (request_fail_field(r, ERROR_VALIDATION, NULL, text));
	}
	for (i = 0; i < count; i++)
		input_take(r, &fields[i], json_object_get(r->body,
		    fields[i].name), (char *)out + fields[i].offset, &faults);
	if (faults.field != NULL)
		return (request_fail_field(r, ERROR_VALIDATION, faults.field,
		    faults.text));
	if ((r->plan->flags & REQUEST_BODY_FIRST) && !has_cookie &&
	    (error = origin_check(r)) != ERROR_NONE)
		return (request_fail(r, error));

	return (STEP_NEXT);
}

/* What better-auth takes for a place to redirect to, by its name for it. */
static enum step
input_judge_targets(struct request *r)
{
	static const struct {
		const char	*name, *label;
		enum error_id	 refusal;
	} targets[] = {
		{ "callbackURL", "callbackURL", ERROR_INVALID_CALLBACK_URL },
		{ "redirectTo", "redirectURL", ERROR_INVALID_REDIRECT_URL },
		{ "errorCallbackURL", "errorCallbackURL",
		    ERROR_INVALID_ERROR_CALLBACK_URL },
		{ "newUserCallbackURL", "newUserCallbackURL",
		    ERROR_INVALID_NEW_USER_CALLBACK_URL }
	};
	const json_t	*value;
	const char	*target;
	char		 query[INPUT_TARGET_MAX], text[64];
	size_t		 i;

	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		value = json_object_get(r->body, targets[i].name);
		if (value == NULL || input_is_target(value))
			continue;
		if (json_is_string(value))
			return (request_fail(r, targets[i].refusal));
		(void)snprintf(text, sizeof(text),
		    "Invalid %s: expected a string", targets[i].label);
		return (request_fail_field(r, ERROR_TARGET_NOT_STRING, NULL,
		    text));
	}
	/* The query's counts where the body has none. */
	target = json_string_length(json_object_get(r->body,
	    targets[0].name)) > 0 ? NULL :
	    request_query(r, targets[0].name, query, sizeof(query));
	if (target != NULL && *target != '\0' && !origin_is_target(target))
		return (request_fail(r, ERROR_INVALID_CALLBACK_URL));

	return (STEP_NEXT);
}

/* What JavaScript takes for false is left to the field's own rule. */
static int
input_is_target(const json_t *value)
{
	const char	*text = json_string_value(value);

	if (text == NULL)
		return (json_is_null(value) || json_is_false(value) ||
		    (json_is_number(value) && json_number_value(value) == 0));
	/* With a NUL in it. */
	if (strlen(text) != json_string_length(value))
		return (0);

	return (*text == '\0' || origin_is_target(text));
}

static void
input_take(struct request *r, const struct input_field *field, json_t *value,
    char *out, struct input_faults *faults)
{
	char	text[128];
	int	fits, is_box;

	if (json_is_null(value) && (field->flags & INPUT_NULLABLE))
		value = NULL;
	/* A page's box: sent when it is ticked, else left out. */
	is_box = field->type == INPUT_BOOLEAN && r->face == FACE_FORM;
	if (field->type == INPUT_BOOLEAN)
		*(int *)(void *)out = is_box ? value != NULL : -1;
	if (field->type == INPUT_INTEGER)
		*(int64_t *)(void *)out = field->absent;
	if (is_box || (value == NULL && !(field->flags & INPUT_REQUIRED)))
		return;

	fits = (field->type == INPUT_STRING && json_is_string(value)) ||
	    (field->type == INPUT_BOOLEAN && json_is_boolean(value)) ||
	    (field->type == INPUT_INTEGER && json_is_integer(value)) ||
	    (field->type == INPUT_OBJECT && json_is_object(value)) ||
	    (field->type == INPUT_ARRAY && json_is_array(value));
	if (!fits) {
		(void)snprintf(text, sizeof(text),
		    "Invalid input: expected %s, received %s",
		    input_expected(field->type),
		    field->type == INPUT_INTEGER && json_is_real(value) ?
		    "fraction" : input_type_name(value));
		input_blame(faults, field->name, text);
		return;
	}

	switch (field->type) {
	case INPUT_STRING:
		input_take_string(r, field, value, out, faults);
		return;
	case INPUT_BOOLEAN:
		*(int *)(void *)out = json_is_true(value);
		return;
	case INPUT_INTEGER:
		*(int64_t *)(void *)out = json_integer_value(value);
		if (json_integer_value(value) >= field->min &&
		    json_integer_value(value) <= field->max)
			return;
		(void)snprintf(text, sizeof(text), "Invalid input: expected "
		    "a number from %" PRId64 " to %" PRId64, field->min,
		    field->max);
		input_blame(faults, field->name, text);
		return;
	case INPUT_OBJECT:
		*(json_t **)(void *)out = value;
		return;
	case INPUT_ARRAY:
		*(json_t **)(void *)out = value;
		if (field->max == 0 ||
		    (int64_t)json_array_size(value) <= field->max)
			return;
		(void)snprintf(text, sizeof(text), "Too big: expected array "
		    "to have <=%" PRId64 " items", field->max);
		input_blame(faults, field->name, text);
		return;
	}
}

static void
input_take_string(struct request *r, const struct input_field *field,
    json_t *value, char *out, struct input_faults *faults)
{
	const char	*text = json_string_value(value);
	size_t		 len = json_string_length(value);
	char		 fault[128];

	*(const char **)(void *)out = text;
	if (strlen(text) != len) {
		input_blame(faults, field->name,
		    "Invalid input: NUL characters are not allowed");
	} else if ((int64_t)len < field->min) {
		(void)snprintf(fault, sizeof(fault), "Too small: expected "
		    "string to have >=%" PRId64 " characters", field->min);
		input_blame(faults, field->name, fault);
	} else if (field->max > 0 && (int64_t)len > field->max) {
		(void)snprintf(fault, sizeof(fault), "Too big: expected "
		    "string to have <=%" PRId64 " characters", field->max);
		input_blame(faults, field->name, fault);
	} else if (field->validator != NULL &&
	    !input_validate(r, field->validator, text)) {
		(void)snprintf(fault, sizeof(fault), "Invalid %s",
		    strcmp(field->validator, "email") == 0 ? "email address" :
		    "input");
		input_blame(faults, field->name, fault);
	}
}

static void
input_blame(struct input_faults *faults, const char *field, const char *text)
{
	size_t	len = strlen(faults->text);

	if (faults->field == NULL)
		faults->field = field;
	(void)snprintf(faults->text + len, sizeof(faults->text) - len,
	    "%s[body.%s] %s", len > 0 ? "; " : "", field, text);
}

static const char *
input_type_name(const json_t *value)
{
	if (value == NULL)
		return ("undefined");
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return ("object");
	case JSON_ARRAY:
		return ("array");
	case JSON_STRING:
		return ("string");
	case JSON_INTEGER:
	case JSON_REAL:
		return ("number");
	case JSON_TRUE:
	case JSON_FALSE:
		return ("boolean");
	default:
		return ("null");
	}
}

static const char *
input_expected(enum input_type type)
{
	static const char * const	names[] = {
		[INPUT_STRING] = "string", [INPUT_BOOLEAN] = "boolean",
		[INPUT_INTEGER] = "whole number", [INPUT_OBJECT] = "object",
		[INPUT_ARRAY] = "array"
	};

	return (names[type]);
}
