/*
 * Three forms of one thing. The content type decides: multipart/form-data is
 * files; application/json without a file name is {title, text, shared}; all
 * else is one file, its name in ?filename= or x-filename. (curl's default
 * type for --data-binary is a form's; such a body is a file here.)
 *
 * `shared` stands in the JSON, in a multipart field, or in the address.
 */
#include <sys/types.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "input.h"
#include "multipart.h"
#include "percent.h"
#include "upload.h"
#include "utf8.h"

#define UPLOAD_NAME_SIZE	1024

struct upload_json {
	const char	*title, *text;
	int		 is_shared;	/* -1: not said */
};

static const struct input_field	upload_fields[] = {
	{ .name = "title", .type = INPUT_STRING,
	  .offset = offsetof(struct upload_json, title),
	  .max = INTAKE_TITLE_SIZE - 1 },
	{ .name = "text", .type = INPUT_STRING, .flags = INPUT_REQUIRED,
	  .offset = offsetof(struct upload_json, text),
	  .max = INTAKE_BYTES_MAX },
	{ .name = "shared", .type = INPUT_BOOLEAN,
	  .offset = offsetof(struct upload_json, is_shared) },
};

static enum step	 upload_json(struct request *, struct upload *);
static enum step	 upload_multipart(struct request *, struct upload *);
static enum step	 upload_raw(struct request *, struct upload *,
			    const char *);
static struct upload_file *upload_add(struct upload *, const void *, size_t);
static enum step	 upload_judge(struct request *, struct upload_file *,
			    const char *, size_t);
static const char	*upload_filename(struct request *, char *, size_t);
static int		 upload_is_type(const char *, const char *);
static int		 upload_is_true(const char *, size_t);

enum step
upload_read(struct request *r, struct upload *upload)
{
	const char	*type = request_header(r, "content-type");
	const char	*filename;
	char		 name[UPLOAD_NAME_SIZE], flag[8];
	enum step	 step;
	size_t		 i;

	upload->answers = json_array();
	if (request_query(r, "shared", flag, sizeof(flag)) != NULL)
		upload->is_shared = upload_is_true(flag, strlen(flag));
	filename = upload_filename(r, name, sizeof(name));

	if (upload_is_type(type, "multipart/form-data"))
		step = upload_multipart(r, upload);
	else if (upload_is_type(type, "application/json") && filename == NULL)
		step = upload_json(r, upload);
	else
		step = upload_raw(r, upload, filename);
	if (step == STEP_DONE)
		return (STEP_DONE);

	for (i = 0; i < upload->count; i++)
		upload->coming += upload->files[i].len;

	return (STEP_NEXT);
}

void
upload_free(void *data)
{
	struct upload	*upload = data;

	free(upload->files);
	json_decref(upload->answers);
	upload->files = NULL;
	upload->answers = NULL;
	upload->count = 0;
}

static enum step
upload_json(struct request *r, struct upload *upload)
{
	struct upload_json	 body;
	struct upload_file	*file;

	memset(&body, 0, sizeof(body));
	if (input_json(r, upload_fields, sizeof(upload_fields) /
	    sizeof(upload_fields[0]), &body) == STEP_DONE)
		return (STEP_DONE);
	if (body.is_shared == 1)
		upload->is_shared = 1;

	file = upload_add(upload, body.text, strlen(body.text));
	if (upload_judge(r, file, NULL, 0) == STEP_DONE)
		return (STEP_DONE);
	if (body.title != NULL && utf8_skip_blanks(body.title,
	    strlen(body.title), 0) < strlen(body.title))
		(void)snprintf(file->intake.title, sizeof(file->intake.title),
		    "%s", body.title);

	return (STEP_NEXT);
}

static enum step
upload_multipart(struct request *r, struct upload *upload)
{
	struct multipart	 form;
	struct multipart_part	 part;
	struct upload_file	*file;
	const u_int8_t		*body;
	size_t			 len;

	body = request_body(r, &len);
	form.error = multipart_open(&form, request_header(r, "content-type"),
	    body, len);
	while (form.error == MULTIPART_OK && multipart_next(&form, &part)) {
		if (!part.is_file) {
			if (strcmp(part.name, "shared") == 0)
				upload->is_shared = upload_is_true(part.data,
				    part.data_len);
			continue;
		}
		/* A form sent without choosing a file. */
		if (part.filename[0] == '\0' && part.data_len == 0 &&
		    !part.is_bad_name)
			continue;
		file = upload_add(upload, part.data, part.data_len);
		if (part.is_bad_name || (part.filename[0] != '\0' &&
		    !upload_name(file->filename, part.filename)))
			return (request_fail_field(r, ERROR_VALIDATION,
			    "filename", UPLOAD_NAME_TEXT));
		if (upload_judge(r, file, part.type, part.type_len) ==
		    STEP_DONE)
			return (STEP_DONE);
	}
	if (form.error != MULTIPART_OK)
		return (request_fail_field(r, ERROR_BAD_REQUEST, NULL,
		    multipart_error_text(form.error)));
	if (upload->count == 0)
		return (request_fail_field(r, ERROR_VALIDATION, "file",
		    "Send at least one file in the field \"file\""));

	return (STEP_NEXT);
}

static enum step
upload_raw(struct request *r, struct upload *upload, const char *filename)
{
	const char		*type = request_header(r, "content-type");
	struct upload_file	*file;
	const u_int8_t		*body;
	size_t			 len;

	body = request_body(r, &len);
	file = upload_add(upload, body, len);
	if (filename != NULL && !upload_name(file->filename, filename))
		return (request_fail_field(r, ERROR_VALIDATION, "filename",
		    UPLOAD_NAME_TEXT));

	return (upload_judge(r, file, type, type == NULL ? 0 : strlen(type)));
}

/* Room for one more file; there are few, so it grows one by one. */
static struct upload_file *
upload_add(struct upload *upload, const void *bytes, size_t len)
{
	struct upload_file	*files, *file;

	files = realloc(upload->files, (upload->count + 1) * sizeof(*files));
	if (files == NULL)
		fatal("upload: no memory");
	upload->files = files;
	file = &files[upload->count++];
	memset(file, 0, sizeof(*file));
	file->bytes = bytes;
	file->len = len;

	return (file);
}

/* STEP_DONE: the file is none that we take, which has been told. */
static enum step
upload_judge(struct request *r, struct upload_file *file, const char *type,
    size_t type_len)
{
	char		message[INTAKE_FILENAME_MAX + 128];
	enum error_id	error;

	error = intake_look(&file->intake, file->filename[0] == '\0' ? NULL :
	    file->filename, type, type_len, file->bytes, file->len);
	if (error == ERROR_NONE)
		return (STEP_NEXT);
	if (file->filename[0] == '\0')
		return (request_fail_field(r, error, "file", NULL));
	(void)snprintf(message, sizeof(message), "%s: %s", file->filename,
	    error_info(error)->message);

	return (request_fail_field(r, error, "file", message));
}

/* The name given in address or header, NULL when there is none. */
static const char *
upload_filename(struct request *r, char *name, size_t size)
{
	const char	*header;

	if (request_query(r, "filename", name, size) != NULL)
		return (name[0] == '\0' ? NULL : name);
	if ((header = request_header(r, "x-filename")) == NULL)
		return (NULL);
	/* A name with a bare % was never encoded. */
	if (percent_decode(header, strlen(header), PERCENT_PLUS_LITERAL, name,
	    size, NULL) != PERCENT_OK)
		(void)snprintf(name, size, "%s", header);

	return (name[0] == '\0' ? NULL : name);
}

int
upload_name(char out[INTAKE_FILENAME_MAX + 1], const char *path)
{
	const char	*name = path, *at;

	for (at = path; *at != '\0'; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return (0);
		if (*at == '/' || *at == '\\')
			name = at + 1;
	}
	/* Nothing but dots names a folder, or nothing. */
	if (name[strspn(name, ".")] == '\0' ||
	    strlen(name) > INTAKE_FILENAME_MAX ||
	    !utf8_is_text(name, strlen(name)))
		return (0);
	(void)snprintf(out, INTAKE_FILENAME_MAX + 1, "%s", name);

	return (1);
}

/* Whether a Content-Type value names this media type. */
static int
upload_is_type(const char *value, const char *type)
{
	size_t	len = strlen(type);

	return (value != NULL && strncasecmp(value, type, len) == 0 &&
	    (value[len] == '\0' || value[len] == ';' || value[len] == ' '));
}

static int
upload_is_true(const char *text, size_t len)
{
	return ((len == 4 && memcmp(text, "true", 4) == 0) ||
	    (len == 1 && *text == '1') || (len == 2 &&
	    memcmp(text, "on", 2) == 0));
}
