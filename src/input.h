/*
 * Bodies in: a JSON object (jansson) checked against a table of fields.
 * Validators named in kore.conf apply to fields here as they do to
 * parameters, so that a maintainer tightens a rule without touching C.
 */
#ifndef LECTERN_INPUT_H
#define LECTERN_INPUT_H

#include "request.h"

enum input_type {
	INPUT_STRING,	/* out: const char *, NUL-terminated UTF-8 */
	INPUT_BOOLEAN,	/* out: int, -1 when absent */
	INPUT_INTEGER,	/* out: int64_t, the field's `absent` when absent */
	INPUT_OBJECT,	/* out: json_t *, borrowed */
	INPUT_ARRAY	/* out: json_t *, borrowed */
};

#define INPUT_REQUIRED	0x01
#define INPUT_NULLABLE	0x02	/* null counts as absent; else it is 400 */

struct input_field {
	const char	*name;
	enum input_type	 type;
	u_int32_t	 flags;
	size_t		 offset;	/* into the out structure */
	int64_t		 min, max;	/* bytes of a string, value of a
					   number, entries of an array; max 0:
					   no limit */
	int64_t		 absent;	/* INPUT_INTEGER: the default */
	const char	*validator;	/* of kore.conf, or NULL */
};

/*
 * Reads the body into `out` (strings borrow from r->body). STEP_NEXT: all is
 * well. STEP_DONE: the refusal has been sent. Unknown fields are ignored, but
 * on better-auth's routes every field that it takes for a redirect target is
 * judged, whether the route knows it or not.
 */
enum step	 input_json(struct request *, const struct input_field *,
		    size_t, void *out);
/* The same; no body at all counts as {}. */
enum step	 input_json_or_nothing(struct request *,
		    const struct input_field *, size_t, void *out);
/* The same from an application/x-www-form-urlencoded body. */
enum step	 input_form(struct request *, const struct input_field *,
		    size_t, void *out);
/* By content type, JSON or form; others are 415. */
enum step	 input_json_or_form(struct request *,
		    const struct input_field *, size_t, void *out);
/* For routes that ask for nothing: any JSON, or none. */
enum step	 input_anything(struct request *);
/* True when the value passes the validator of that name (or there is none). */
int		 input_validate(struct request *, const char *validator,
		    const char *value);

#endif
