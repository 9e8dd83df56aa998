/* links: src/intake.c src/markdown.c src/mdline.c src/mdinline.c src/utf8.c src/span.c -lutf8proc */
/*
 * What an uploaded file is taken for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "intake.h"

static struct intake	intake;

static enum error_id
look(const char *filename, const char *type, const char *text)
{
	memset(&intake, 0, sizeof(intake));

	return (intake_look(&intake, filename, type,
	    type == NULL ? 0 : strlen(type), text, strlen(text)));
}

static void
test_the_name_decides_before_the_declared_type(void **state)
{
	(void)state;
	assert_int_equal(look("a.md", "text/plain", "words"), ERROR_NONE);
	assert_string_equal(intake.media_type, INTAKE_MARKDOWN);
	assert_int_equal(look("A.MARKDOWN", NULL, "words"), ERROR_NONE);
	assert_string_equal(intake.media_type, INTAKE_MARKDOWN);
	assert_int_equal(look("a.txt", "text/markdown", "# T\n"), ERROR_NONE);
	assert_string_equal(intake.media_type, INTAKE_PLAIN);
	assert_int_equal(look(NULL, "text/markdown; charset=utf-8", "w"),
	    ERROR_NONE);
	assert_string_equal(intake.media_type, INTAKE_MARKDOWN);
}

static void
test_undeclared_text_with_a_heading_is_markdown(void **state)
{
	(void)state;
	assert_int_equal(look(NULL, NULL, "# Title\n\nText"), ERROR_NONE);
	assert_string_equal(intake.media_type, INTAKE_MARKDOWN);
	assert_string_equal(intake.title, "Title");
	assert_int_equal(look("main.c", "application/octet-stream",
	    "int main"), ERROR_NONE);
	assert_string_equal(intake.media_type, INTAKE_PLAIN);
}

static void
test_what_we_cannot_read_is_refused(void **state)
{
	(void)state;
	assert_int_equal(look("a.pdf", NULL, "words"), ERROR_DOCUMENT_TYPE);
	assert_int_equal(look("a.docx", NULL, "words"), ERROR_DOCUMENT_TYPE);
	assert_int_equal(look(NULL, "image/png", "w"), ERROR_DOCUMENT_TYPE);
	assert_int_equal(look("a.epub", NULL, "words"), ERROR_DOCUMENT_TYPE);
	assert_int_equal(look(NULL, NULL, "{\\rtf1 x}"), ERROR_DOCUMENT_TYPE);
	assert_int_equal(look("a.txt", NULL, "caf\xe9"), ERROR_DOCUMENT_TYPE);
	assert_int_equal(intake_look(&intake, "a.txt", NULL, 0, "a\0b", 3),
	    ERROR_DOCUMENT_TYPE);
}

static void
test_formats_are_known_by_what_is_in_them(void **state)
{
	(void)state;
	assert_int_equal(look("a.txt", "text/plain", "%PDF-1.4 x"),
	    ERROR_NONE);
	assert_string_equal(intake.media_type, INTAKE_PDF);
	assert_string_equal(intake.title, "a");
	assert_int_equal(look("r.pdf", NULL, "\n\n%PDF-1.4 x"), ERROR_NONE);
	assert_string_equal(intake.media_type, INTAKE_PDF);
	assert_int_equal(look("a.docx", NULL, "PK\3\4 x"), ERROR_NONE);
	assert_string_equal(intake.media_type, INTAKE_DOCX);
	assert_int_equal(look("a.zip", "application/zip", "PK\3\4 x"),
	    ERROR_DOCUMENT_TYPE);
	assert_int_equal(look("a.HTM", "text/plain", "<p>caf\xe9"),
	    ERROR_NONE);
	assert_string_equal(intake.media_type, INTAKE_HTML);
	assert_int_equal(look(NULL, NULL, " <!DOCTYPE html><p>x"), ERROR_NONE);
	assert_string_equal(intake.media_type, INTAKE_HTML);
	assert_int_equal(look("a.md", NULL, "<html><p>x"), ERROR_NONE);
	assert_string_equal(intake.media_type, INTAKE_MARKDOWN);
	assert_int_equal(intake_look(&intake, "a.html", NULL, 0, "a\0b", 3),
	    ERROR_DOCUMENT_TYPE);
	assert_int_equal(look("a.html", NULL, "  "), ERROR_DOCUMENT_EMPTY);
	assert_int_equal(look("a.pdf", NULL, ""), ERROR_DOCUMENT_EMPTY);
}

static void
test_a_file_of_blanks_is_empty(void **state)
{
	(void)state;
	assert_int_equal(look("a.txt", NULL, ""), ERROR_DOCUMENT_EMPTY);
	assert_int_equal(look("a.md", NULL, " \r\n\t\xc2\xa0"),
	    ERROR_DOCUMENT_EMPTY);
	assert_int_equal(look("a.txt", NULL, "\xef\xbb\xbf\n"),
	    ERROR_DOCUMENT_EMPTY);
}

static void
test_the_title_is_the_heading_or_the_name_or_the_first_line(void **state)
{
	char	line[400];

	(void)state;
	assert_int_equal(look("n.md", NULL, "\xef\xbb\xbf# Lamp\n\nx"),
	    ERROR_NONE);
	assert_string_equal(intake.title, "Lamp");
	assert_int_equal(look("My notes.txt", NULL, "# no heading"),
	    ERROR_NONE);
	assert_string_equal(intake.title, "My notes");
	assert_int_equal(look("a/b/Deep one.txt", NULL, "x"), ERROR_NONE);
	assert_string_equal(intake.title, "Deep one");
	assert_int_equal(look(".profile", NULL, "x"), ERROR_NONE);
	assert_string_equal(intake.title, ".profile");
	assert_int_equal(look(NULL, NULL, "\n\n  First line  \nsecond"),
	    ERROR_NONE);
	assert_string_equal(intake.title, "First line");

	/* 0xc3 0xa9 two by two: a cut in the middle would be no UTF-8. */
	memset(line, 0, sizeof(line));
	line[0] = 'x';
	while (strlen(line) < sizeof(line) - 3)
		strcat(line, "\xc3\xa9");
	assert_int_equal(look(NULL, NULL, line), ERROR_NONE);
	assert_int_equal(strlen(intake.title), 79);
	assert_int_equal(look(line, NULL, "text"), ERROR_NONE);
	assert_int_equal(strlen(intake.title), 299);
}

static void
test_the_text_is_the_bytes_without_the_byte_order_mark(void **state)
{
	char	*text;
	size_t	 len;
	int	 is_owned;

	(void)state;
	assert_int_equal(intake_text("\xef\xbb\xbfword", 7, &text, &len,
	    &is_owned), ERROR_NONE);
	assert_int_equal(is_owned, 0);
	assert_int_equal(len, 4);
	assert_memory_equal(text, "word", 4);
}

static void
test_bytes_that_are_no_text_are_repaired_into_a_copy(void **state)
{
	char	*text;
	size_t	 len;
	int	 is_owned;

	(void)state;
	assert_int_equal(intake_text("a\xff" "b", 3, &text, &len, &is_owned),
	    ERROR_NONE);
	assert_int_equal(is_owned, 1);
	assert_int_equal(len, 5);
	assert_memory_equal(text, "a\xef\xbf\xbd" "b", 5);
	free(text);
	assert_int_equal(intake_text(" \n", 2, &text, &len, &is_owned),
	    ERROR_DOCUMENT_EMPTY);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(
		    test_the_name_decides_before_the_declared_type),
		cmocka_unit_test(
		    test_undeclared_text_with_a_heading_is_markdown),
		cmocka_unit_test(test_what_we_cannot_read_is_refused),
		cmocka_unit_test(test_formats_are_known_by_what_is_in_them),
		cmocka_unit_test(test_a_file_of_blanks_is_empty),
		cmocka_unit_test(
		    test_the_title_is_the_heading_or_the_name_or_the_first_line),
		cmocka_unit_test(
		    test_the_text_is_the_bytes_without_the_byte_order_mark),
		cmocka_unit_test(
		    test_bytes_that_are_no_text_are_repaired_into_a_copy),
	};

	return (cmocka_run_group_tests_name("intake", tests, NULL, NULL));
}
