/* links: src/multipart.c src/percent.c src/utf8.c */
/*
 * multipart/form-data: bodies as browsers, curl and careless clients send
 * them, and bodies that must be refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "multipart.h"

#define TYPE		"multipart/form-data; boundary=XX"
#define HEAD		"Content-Disposition: form-data; "
#define FIELD(params, data)						\
	"--XX\r\n" HEAD params "\r\n\r\n" data "\r\n"

/* Opens a literal body; a length of its own keeps NULs out of the way. */
static struct multipart
open_body(const char *type, const char *body)
{
	struct multipart	m;

	assert_int_equal(multipart_open(&m, type, body, strlen(body)),
	    MULTIPART_OK);

	return (m);
}

static void
expect_data(const struct multipart_part *part, const char *data)
{
	assert_int_equal(part->data_len, strlen(data));
	assert_memory_equal(part->data, data, part->data_len);
}

static void
expect_name(const char *params, const char *filename, int is_bad)
{
	char			body[1024];
	struct multipart	m;
	struct multipart_part	part;

	(void)snprintf(body, sizeof(body), "--XX\r\n" HEAD
	    "name=\"file\"; %s\r\n\r\nx\r\n--XX--\r\n", params);
	m = open_body(TYPE, body);
	assert_true(multipart_next(&m, &part));
	assert_string_equal(part.name, "file");
	assert_true(part.is_file);
	assert_string_equal(part.filename, filename);
	assert_int_equal(part.is_bad_name, is_bad);
	expect_data(&part, "x");
	assert_false(multipart_next(&m, &part));
	assert_int_equal(m.error, MULTIPART_OK);
}

static void
expect_filename(const char *params, const char *filename)
{
	expect_name(params, filename, 0);
}

/* Reads to the end and says why it was there. */
static enum multipart_error
last_word(const char *type, const char *body)
{
	struct multipart	m;
	struct multipart_part	part;

	if (multipart_open(&m, type, body, strlen(body)) != MULTIPART_OK)
		return (m.error);
	while (multipart_next(&m, &part))
		continue;

	return (m.error);
}

static void
test_fields_and_files_come_in_order_with_their_bytes(void **state)
{
	struct multipart_part	part;
	struct multipart	m = open_body(TYPE,
	    FIELD("name=\"title\"", "A title")
	    "--XX\r\n" HEAD "name=\"file\"; filename=\"a.md\"\r\n"
	    "Content-Type: text/markdown; charset=utf-8 \r\n\r\n"
	    "# One\r\n\r\ntwo\n\r\n"
	    "--XX--\r\n");

	(void)state;
	assert_true(multipart_next(&m, &part));
	assert_string_equal(part.name, "title");
	assert_false(part.is_file);
	assert_int_equal(part.type_len, 0);
	expect_data(&part, "A title");
	assert_true(multipart_next(&m, &part));
	assert_string_equal(part.name, "file");
	assert_string_equal(part.filename, "a.md");
	assert_int_equal(part.type_len, strlen("text/markdown; charset=utf-8"));
	assert_memory_equal(part.type, "text/markdown; charset=utf-8",
	    part.type_len);
	expect_data(&part, "# One\r\n\r\ntwo\n");
	assert_false(multipart_next(&m, &part));
	assert_int_equal(m.error, MULTIPART_OK);
	assert_false(multipart_next(&m, &part));
}

static void
test_the_boundary_is_read_from_any_content_type_form(void **state)
{
	static const char *const	types[] = {
		"multipart/form-data;boundary=XX",
		"Multipart/Form-Data; charset=utf-8; BOUNDARY=\"XX\"",
		"multipart/form-data; a=\"x;boundary=no\"; boundary=XX; b=c",
		"multipart/form-data ; boundary = XX ;"
	};
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_int_equal(last_word(types[i], FIELD("name=a", "1")
		    "--XX--"), MULTIPART_OK);
	assert_int_equal(last_word(
	    "multipart/form-data; boundary=\"a b;c:d\\\"e\"",
	    "--a b;c:d\"e\r\n" HEAD "name=a\r\n\r\n1\r\n--a b;c:d\"e--"),
	    MULTIPART_OK);
}

static void
test_content_types_without_a_usable_boundary_are_refused(void **state)
{
	static const char *const	types[] = {
		"", "multipart/form-data", "multipart/form-data; boundary=",
		"multipart/form-data; boundary=\"\"", "text/plain; boundary=XX",
		"multipart/form-data; boundary=\"XX",
		"multipart/form-data; boundary=\"XX \"",
		"multipart/mixed; boundary=XX", "boundary=XX",
		"multipart/form-data; boundary=0123456789012345678901234567890"
		    "1234567890123456789012345678901234567890"
	};
	struct multipart		m;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_int_equal(last_word(types[i], "--XX--\r\n"),
		    MULTIPART_NO_BOUNDARY);
	assert_int_equal(multipart_open(&m, NULL, "", 0),
	    MULTIPART_NO_BOUNDARY);
}

static void
test_file_names_keep_semicolons_colons_and_escaped_quotes(void **state)
{
	(void)state;
	expect_filename("filename=\"a;b:c=d.md\"", "a;b:c=d.md");
	expect_filename("filename=\"say \\\"hi\\\".md\"", "say \"hi\".md");
	expect_filename("filename=\"say %22hi%22.md\"", "say \"hi\".md");
	expect_filename("filename=\"50%25.md\"", "50%25.md");
	expect_filename("filename=plain.md; x=y", "plain.md");
	expect_filename("FileName = \"\xc3\xa9\xe6\x97\xa5.md\"",
	    "\xc3\xa9\xe6\x97\xa5.md");
}

static void
test_file_names_lose_their_directories_and_controls(void **state)
{
	(void)state;
	expect_filename("filename=\"/etc/passwd\"", "passwd");
	expect_filename("filename=\"../../x.md\"", "x.md");
	expect_filename("filename=\"C:\\docs\\new.md\"", "new.md");
	expect_name("filename=\"dir/\"", "", 1);
	expect_name("filename=\"..\"", "", 1);
	expect_name("filename=\"a/.\"", "", 1);
	expect_filename("filename=\"\"", "");
	expect_filename("filename=\"a\tb\x7f.md\"", "ab.md");
	expect_name("filename=\"\t\"", "", 1);
	expect_filename("filename*=UTF-8''..%2Fa%0Ab.md", "ab.md");
}

static void
test_an_extended_file_name_wins_wherever_it_stands(void **state)
{
	(void)state;
	expect_filename("filename*=UTF-8''na%C3%AFve%20plan.md",
	    "na\xc3\xafve plan.md");
	expect_filename("filename=\"x\"; filename*=utf-8'en'y%3b.md", "y;.md");
	expect_filename("filename*=utf-8''y.md; filename=\"x\"", "y.md");
	expect_filename("filename=\"x\"; filename*=iso-8859-1''%E9.md", "x");
	expect_filename("filename=\"x\"; filename*=utf-8''%zz", "x");
	expect_filename("filename=\"x\"; filename*=utf-8''%ff", "x");
	expect_filename("filename=\"x\"; filename*=broken", "x");
}

static void
test_data_may_be_empty_or_look_like_a_boundary(void **state)
{
	struct multipart_part	part;
	struct multipart	m = open_body(TYPE,
	    FIELD("name=a", "") FIELD("name=b", "\r\n--XXY\r\n--X\r\n--XX-\r\n")
	    FIELD("name=c", "--XX--\r\n--XX--x") "--XX--");

	(void)state;
	assert_true(multipart_next(&m, &part));
	expect_data(&part, "");
	assert_true(multipart_next(&m, &part));
	expect_data(&part, "\r\n--XXY\r\n--X\r\n--XX-\r\n");
	assert_true(multipart_next(&m, &part));
	expect_data(&part, "--XX--\r\n--XX--x");
	assert_false(multipart_next(&m, &part));
	assert_int_equal(m.error, MULTIPART_OK);
}

static void
test_text_around_the_parts_and_blanks_after_boundaries_are_ignored(
    void **state)
{
	struct multipart_part	part;
	struct multipart	m = open_body(TYPE, "preamble --XX\r\n"
	    "--XX \t\r\n" HEAD "name=a\r\n\r\n1\r\n--XX--  \r\nepilogue\r\n"
	    "--XX\r\n");

	(void)state;
	assert_true(multipart_next(&m, &part));
	expect_data(&part, "1");
	assert_false(multipart_next(&m, &part));
	assert_int_equal(m.error, MULTIPART_OK);
}

static void
test_a_form_without_parts_is_whole(void **state)
{
	(void)state;
	assert_int_equal(last_word(TYPE, "--XX--\r\n"), MULTIPART_OK);
	assert_int_equal(last_word(TYPE, "\r\n--XX--"), MULTIPART_OK);
}

static void
test_a_body_cut_off_anywhere_is_truncated_or_broken(void **state)
{
	const char		*body = FIELD("name=\"a\"; filename=\"b\"", "1")
				    FIELD("name=c", "2") "--XX--\r\n";
	size_t			 len, whole = strlen(body) - 2;
	struct multipart	 m;
	struct multipart_part	 part;

	(void)state;
	for (len = 0; len < whole; len++) {
		if (multipart_open(&m, TYPE, body, len) == MULTIPART_OK) {
			while (multipart_next(&m, &part))
				continue;
		}
		assert_int_equal(m.error, MULTIPART_TRUNCATED);
	}
	assert_int_equal(multipart_open(&m, TYPE, NULL, 0),
	    MULTIPART_TRUNCATED);
}

static void
test_parts_with_senseless_headers_are_broken(void **state)
{
	static const char *const	heads[] = {
		"", "Content-Type: text/plain\r\n", "nonsense\r\n",
		HEAD "\r\n", HEAD "name=\"\"\r\n",
		HEAD "filename=\"a\"\r\n",
		"Content-Disposition: attachment; name=a\r\n",
		HEAD "name=\"never ends\r\n"
	};
	char				body[256];
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		(void)snprintf(body, sizeof(body),
		    "--XX\r\n%s\r\ndata\r\n--XX--\r\n", heads[i]);
		assert_int_equal(last_word(TYPE, body), MULTIPART_BROKEN);
	}
}

static void
test_a_header_without_end_is_broken_not_searched_to_the_end(void **state)
{
	size_t	 len = 100000;
	char	*body = malloc(len + 1);

	(void)state;
	assert_non_null(body);
	memset(body, 'x', len);
	body[len] = '\0';
	memcpy(body, "--XX\r\n", 6);
	assert_int_equal(last_word(TYPE, body), MULTIPART_BROKEN);
	free(body);
}

static void
test_names_that_are_no_text_or_too_long_are_refused(void **state)
{
	char	body[1024], name[400];

	(void)state;
	assert_int_equal(last_word(TYPE, FIELD("name=\"\xff\"", "")
	    "--XX--"), MULTIPART_BAD_NAME);
	assert_int_equal(last_word(TYPE, FIELD("name=\"a\x01\"", "")
	    "--XX--"), MULTIPART_BAD_NAME);
	assert_int_equal(last_word(TYPE,
	    FIELD("name=a; filename=\"\xe9t\xe9\"", "") "--XX--"),
	    MULTIPART_BAD_NAME);
	memset(name, 'n', sizeof(name));
	name[MULTIPART_NAME_MAX] = '\0';
	(void)snprintf(body, sizeof(body), FIELD("name=%s", "") "--XX--",
	    name);
	assert_int_equal(last_word(TYPE, body), MULTIPART_OK);
	name[MULTIPART_NAME_MAX] = 'n';
	name[MULTIPART_NAME_MAX + 1] = '\0';
	(void)snprintf(body, sizeof(body), FIELD("name=%s", "") "--XX--",
	    name);
	assert_int_equal(last_word(TYPE, body), MULTIPART_BAD_NAME);
}

static void
test_the_number_of_parts_is_bounded(void **state)
{
	static const char	field[] = FIELD("name=a", "1");
	size_t			len = sizeof(field) - 1, i;
	char			*body;

	(void)state;
	body = malloc((MULTIPART_PARTS_MAX + 1) * len + 9);
	assert_non_null(body);
	for (i = 0; i <= MULTIPART_PARTS_MAX; i++)
		memcpy(body + i * len, field, len);
	memcpy(body + i * len, "--XX--\r\n", 9);
	assert_int_equal(last_word(TYPE, body), MULTIPART_TOO_MANY);
	assert_int_equal(last_word(TYPE, body + len), MULTIPART_OK);
	free(body);
}

static void
test_any_data_comes_out_as_it_went_in(void **state)
{
	static const char	head[] = "--XX\r\n" HEAD "name=a\r\n\r\n";
	static const char	pieces[] = "\r\n-X x";
	char			body[256];
	size_t			i, len, start = sizeof(head) - 1;
	struct multipart	m;
	struct multipart_part	part;
	int			round;

	(void)state;
	memcpy(body, head, start);
	for (round = 0; round < 20000; round++) {
		len = (size_t)random() % 150;
		for (i = 0; i < len; i++)
			body[start + i] = pieces[random() % 6];
		memcpy(body + start + len, "\r\n--XX--", 9);
		/* Unless the dice have thrown a boundary. */
		if (strstr(body + start, "\r\n--XX") !=
		    body + start + len)
			continue;
		m = open_body(TYPE, body);
		assert_true(multipart_next(&m, &part));
		assert_int_equal(part.data_len, len);
		assert_ptr_equal(part.data, body + start);
		assert_false(multipart_next(&m, &part));
		assert_int_equal(m.error, MULTIPART_OK);
	}
}

static void
test_every_error_has_a_sentence(void **state)
{
	int	i;

	(void)state;
	assert_string_equal(multipart_error_text(MULTIPART_OK), "");
	for (i = MULTIPART_NO_BOUNDARY; i <= MULTIPART_TOO_MANY; i++)
		assert_true(strlen(multipart_error_text(
		    (enum multipart_error)i)) > 20);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(
		    test_fields_and_files_come_in_order_with_their_bytes),
		cmocka_unit_test(
		    test_the_boundary_is_read_from_any_content_type_form),
		cmocka_unit_test(
		    test_content_types_without_a_usable_boundary_are_refused),
		cmocka_unit_test(
		    test_file_names_keep_semicolons_colons_and_escaped_quotes),
		cmocka_unit_test(
		    test_file_names_lose_their_directories_and_controls),
		cmocka_unit_test(
		    test_an_extended_file_name_wins_wherever_it_stands),
		cmocka_unit_test(
		    test_data_may_be_empty_or_look_like_a_boundary),
		cmocka_unit_test(
	test_text_around_the_parts_and_blanks_after_boundaries_are_ignored),
		cmocka_unit_test(test_a_form_without_parts_is_whole),
		cmocka_unit_test(
		    test_a_body_cut_off_anywhere_is_truncated_or_broken),
		cmocka_unit_test(test_parts_with_senseless_headers_are_broken),
		cmocka_unit_test(
		test_a_header_without_end_is_broken_not_searched_to_the_end),
		cmocka_unit_test(
		    test_names_that_are_no_text_or_too_long_are_refused),
		cmocka_unit_test(test_the_number_of_parts_is_bounded),
		cmocka_unit_test(test_any_data_comes_out_as_it_went_in),
		cmocka_unit_test(test_every_error_has_a_sentence)
	};

	srandom(1);

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
