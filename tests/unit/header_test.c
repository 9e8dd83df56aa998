/* links: src/header.c src/span.c src/utf8.c src/error.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "header.h"

#define GET		"GET / HTTP/1.1\r\n"
#define POST		"POST / HTTP/1.1\r\n"
#define HOST		"Host: a\r\n"
#define END		"\r\n"

static struct header_facts	facts;
static char			cleaned[65536];

static enum error_id
clean_bytes(const char *block, size_t len)
{
	enum error_id	error;
	size_t		out_len = 0;

	memset(cleaned, 0, sizeof(cleaned));
	error = header_clean((const uint8_t *)block, len, cleaned,
	    sizeof(cleaned) - 1, &out_len, &facts);
	if (error == ERROR_NONE)
		assert_int_equal(strlen(cleaned), out_len);

	return (error);
}

static enum error_id
clean(const char *block)
{
	return (clean_bytes(block, strlen(block)));
}

static void
assert_cleaned(const char *block, const char *expected)
{
	assert_int_equal(clean(block), ERROR_NONE);
	assert_string_equal(cleaned, expected);
}

static void
assert_malformed(enum error_id error)
{
	assert_int_equal(error_info(error)->status, 400);
	assert_string_equal(error_info(error)->code, "BAD_REQUEST");
}

static enum header_scan
scan(const char *block, size_t len, size_t *pos)
{
	*pos = 0;

	return (header_scan((const uint8_t *)block, len, pos));
}

static void
a_block_ends_at_the_first_empty_line(void **state)
{
	static const char	block[] = GET HOST END "POST";
	size_t			pos;

	(void)state;
	assert_int_equal(scan(block, sizeof(block) - 1, &pos),
	    HEADER_SCAN_END);
	assert_int_equal(pos, sizeof(block) - 1 - strlen("POST"));
}

static void
a_block_is_found_when_it_comes_byte_by_byte(void **state)
{
	static const char	block[] = GET HOST END;
	size_t			len, pos = 0;

	(void)state;
	for (len = 1; len < sizeof(block) - 1; len++)
		assert_int_equal(header_scan((const uint8_t *)block, len, &pos),
		    HEADER_SCAN_MORE);
	assert_int_equal(header_scan((const uint8_t *)block, len, &pos),
	    HEADER_SCAN_END);
	assert_int_equal(pos, sizeof(block) - 1);
}

static void
bare_line_ends_and_nul_are_found_before_the_block_ends(void **state)
{
	size_t	pos;

	(void)state;
	assert_int_equal(scan("GET / HTTP/1.1\n", 15, &pos), HEADER_SCAN_BARE);
	assert_int_equal(scan("GET / HTTP/1.1\rX", 16, &pos), HEADER_SCAN_BARE);
	assert_int_equal(scan("GET /\0", 6, &pos), HEADER_SCAN_NUL);
	assert_int_equal(scan("\n", 1, &pos), HEADER_SCAN_BARE);
	assert_int_equal(scan("GET /\r", 6, &pos), HEADER_SCAN_MORE);
}

static void
empty_lines_ahead_of_a_request_are_counted(void **state)
{
	(void)state;
	assert_int_equal(header_leading((const uint8_t *)"\r\n\r\nGET", 7), 4);
	assert_int_equal(header_leading((const uint8_t *)"\r\n\r", 3), 2);
	assert_int_equal(header_leading((const uint8_t *)"GET", 3), 0);
	assert_int_equal(header_leading(NULL, 0), 0);
}

static void
a_plain_request_passes_with_lower_case_names(void **state)
{
	(void)state;
	assert_cleaned("GET /a?b=c HTTP/1.1\r\nHOST: x:80\r\n"
	    "Accept:text/html \r\n" END,
	    "GET /a?b=c HTTP/1.1\r\nhost: x:80\r\naccept: text/html\r\n\r\n");
	assert_string_equal(facts.method, "GET");
	assert_false(facts.has_body || facts.is_http10 || facts.wants_close ||
	    facts.expects_continue);
}

static void
unknown_headers_are_dropped(void **state)
{
	(void)state;
	assert_cleaned(GET HOST "X-Other: 1\r\nHost-Evil: z\r\n"
	    "Upgrade: websocket\r\n" END, "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
}

static void
a_body_is_a_fact_and_never_announced_to_kore(void **state)
{
	(void)state;
	assert_cleaned(POST HOST "Content-Length: 0012\r\n" END,
	    "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n");
	assert_int_equal(facts.content_length, 12);
	assert_true(facts.has_body);
	assert_int_equal(clean(GET HOST "Content-Length: 0\r\n" END),
	    ERROR_NONE);
}

static void
bodies_where_none_belong_are_refused(void **state)
{
	static const char	*methods[] = { "GET", "HEAD", "DELETE",
	    "OPTIONS" };
	char			block[128];
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		(void)snprintf(block, sizeof(block), "%s / HTTP/1.1\r\n"
		    HOST "Content-Length: 1\r\n" END, methods[i]);
		assert_malformed(clean(block));
		assert_string_equal(facts.method, methods[i]);
	}
}

static void
without_a_length_there_is_no_body(void **state)
{
	(void)state;
	assert_cleaned(POST HOST END,
	    "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n");
	assert_true(facts.has_body && facts.content_length == 0);
	assert_int_equal(clean("PUT / HTTP/1.1\r\n" HOST END), ERROR_NONE);
	assert_int_equal(clean("PATCH / HTTP/1.1\r\n" HOST END), ERROR_NONE);
	assert_int_equal(clean("DELETE / HTTP/1.1\r\n" HOST END),
	    ERROR_NONE);
}

static void
a_malformed_block_is_told_what_is_wrong_with_it(void **state)
{
	static const struct {
		const char	*block;
		enum error_id	 error;
	} bad[] = {
		{ "GET /\r\n" HOST END, ERROR_BAD_LINE },
		{ "GET a HTTP/1.1\r\n" HOST END, ERROR_BAD_TARGET },
		{ GET HOST "X : a\r\n" END, ERROR_BAD_NAME },
		{ GET HOST "X\r\n" END, ERROR_BAD_NAME },
		{ GET HOST "X: a\r\n b\r\n" END, ERROR_BAD_FOLD },
		{ GET HOST "X: a\r\n\tb: c\r\n" END, ERROR_BAD_FOLD },
		{ GET END, ERROR_BAD_HOST },
		{ GET "Host: a/b\r\n" END, ERROR_BAD_HOST },
		{ GET HOST HOST END, ERROR_BAD_TWICE },
		{ POST HOST "Content-Length: 1\r\nContent-Length: 1\r\n" END,
		    ERROR_BAD_TWICE },
		{ GET HOST "Origin: a\r\nOrigin: a\r\n" END,
		    ERROR_BAD_TWICE },
		{ GET HOST "Authorization: a\r\nAuthorization: a\r\n" END,
		    ERROR_BAD_TWICE },
		{ POST HOST "Content-Type: a\r\nContent-Type: b\r\n" END,
		    ERROR_BAD_TWICE },
		{ POST HOST "Content-Length: x\r\n" END, ERROR_BAD_LENGTH },
		{ POST HOST "Content-Length: 99999999999999999999999\r\n" END,
		    ERROR_BAD_LENGTH },
		{ POST HOST "Content-Length: 1\r\nTransfer-Encoding: x\r\n"
		    END, ERROR_BAD_FRAMING },
		{ GET HOST "Content-Length: 1\r\n" END,
		    ERROR_BODY_UNWANTED },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(clean(bad[i].block), bad[i].error);
		assert_malformed(bad[i].error);
	}
}

static void
characters_beyond_ascii_in_a_target_are_percent_encoded(void **state)
{
	char	block[4096], target[1991];

	(void)state;
	assert_cleaned("GET /\xc3\xa4?q=\xe2\x82\xac%20 HTTP/1.1\r\n" HOST
	    END, "GET /%C3%A4?q=%E2%82%AC%20 HTTP/1.1\r\nhost: a\r\n\r\n");
	assert_int_equal(clean("GET /\xc3 HTTP/1.1\r\n" HOST END),
	    ERROR_BAD_TARGET);
	assert_int_equal(clean("GET /\xed\xa0\x80 HTTP/1.1\r\n" HOST END),
	    ERROR_BAD_TARGET);

	/* It is the encoded form that must fit. */
	memset(target, 'a', sizeof(target));
	target[0] = '/';
	memcpy(target + 1, "\xc3\xa4", 2);
	target[1985] = '\0';
	(void)snprintf(block, sizeof(block), "GET %s HTTP/1.1\r\n" HOST END,
	    target);
	assert_int_equal(clean(block), ERROR_NONE);
	target[1985] = 'a';
	target[1986] = '\0';
	(void)snprintf(block, sizeof(block), "GET %s HTTP/1.1\r\n" HOST END,
	    target);
	assert_int_equal(clean(block), ERROR_URI_TOO_LONG);
}

static void
lengths_that_are_no_plain_number_are_refused(void **state)
{
	static const char	*bad[] = { "", "+1", "-1", "1 1", "1,1", "0x1",
	    "1.0", "a", "99999999999999999999", "18446744073709551616" };
	char			block[128];
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(block, sizeof(block),
		    POST HOST "Content-Length: %s\r\n" END, bad[i]);
		assert_malformed(clean(block));
	}
}

static void
transfer_encoding_is_refused_and_with_a_length_is_malformed(void **state)
{
	(void)state;
	assert_int_equal(clean(POST HOST "Transfer-Encoding: chunked\r\n" END),
	    ERROR_TRANSFER_ENCODING);
	assert_int_equal(clean(GET HOST "transfer-encoding:\r\n" END),
	    ERROR_TRANSFER_ENCODING);
	assert_malformed(clean(POST HOST "Content-Length: 1\r\n"
	    "Transfer-Encoding: x\r\n" END));
	assert_malformed(clean(POST HOST "Transfer-Encoding: x\r\n"
	    "Content-Length: 1\r\n" END));
}

static void
hosts_are_checked(void **state)
{
	static const char	*good[] = { "a", "a.b-c_d", "a:1", "127.0.0.1:8",
	    "[::1]", "[fe80::1]:7860", "xn--bcher-kva.example" };
	static const char	*bad[] = { "", "a b", "a/b", "a@b", ":1", "a:",
	    "a:b", "a:123456", "[::1", "[]", "[::1]x", "[g::1]", "b\xc3\xbc",
	    "a,b", "a:1:2" };
	char			block[128];
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		(void)snprintf(block, sizeof(block),
		    GET "Host: %s\r\n" END, good[i]);
		assert_int_equal(clean(block), ERROR_NONE);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(block, sizeof(block),
		    GET "Host: %s\r\n" END, bad[i]);
		assert_malformed(clean(block));
	}
}

static void
a_host_of_254_bytes_is_too_long_for_kore(void **state)
{
	char	block[512], host[255];

	(void)state;
	memset(host, 'h', sizeof(host));
	host[254] = '\0';
	(void)snprintf(block, sizeof(block), GET "Host: %s\r\n" END, host);
	assert_malformed(clean(block));
	(void)snprintf(block, sizeof(block), GET "Host: %s\r\n" END, host + 1);
	assert_int_equal(clean(block), ERROR_NONE);
}

static void
only_http_1_0_may_come_without_a_host(void **state)
{
	(void)state;
	assert_malformed(clean(GET END));
	assert_cleaned("GET / HTTP/1.0\r\n\r\n",
	    "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
	assert_true(facts.is_http10);
}

static void
request_lines_are_strict(void **state)
{
	static const char	*bad[] = { "GET /", "GET  / HTTP/1.1",
	    "GET /  HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1",
	    "GET / http/1.1", "GET / HTTP/1", "GET /a b HTTP/1.1",
	    "G(T / HTTP/1.1", "GET a HTTP/1.1", "GET /\t HTTP/1.1",
	    "GET /\x7f HTTP/1.1", "GET /\xc3 HTTP/1.1", "GET * HTTP/1.1",
	    "GET /a#b HTTP/1.1", "/ HTTP/1.1", "",
	    "GET http:///x HTTP/1.1", "GET http://u@h/x HTTP/1.1",
	    "GET ftp://h/x HTTP/1.1" };
	char			block[128];
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(block, sizeof(block), "%s\r\n" HOST END,
		    bad[i]);
		assert_malformed(clean(block));
	}
}

static void
unknown_methods_and_versions_have_errors_of_their_own(void **state)
{
	(void)state;
	assert_int_equal(clean("TRACE / HTTP/1.1\r\n" HOST END),
	    ERROR_METHOD_UNKNOWN);
	assert_int_equal(clean("get / HTTP/1.1\r\n" HOST END),
	    ERROR_METHOD_UNKNOWN);
	assert_int_equal(clean("CONNECT a:1 HTTP/1.1\r\n" HOST END),
	    ERROR_METHOD_UNKNOWN);
	assert_null(facts.method);
	assert_int_equal(clean("GET / HTTP/2.0\r\n" HOST END), ERROR_VERSION);
	assert_int_equal(clean("PRI * HTTP/2.0\r\n\r\n"), ERROR_VERSION);
	assert_int_equal(clean("GET / HTTP/1.2\r\n" HOST END), ERROR_VERSION);
}

static void
an_absolute_target_is_rewritten_and_decides_the_host(void **state)
{
	(void)state;
	assert_cleaned("GET http://b:1/x?y HTTP/1.1\r\n" HOST END,
	    "GET /x?y HTTP/1.1\r\nhost: b:1\r\n\r\n");
	assert_cleaned("GET HTTPS://b HTTP/1.1\r\n" HOST END,
	    "GET / HTTP/1.1\r\nhost: b\r\n\r\n");
	assert_cleaned("GET http://b?q HTTP/1.1\r\n" HOST END,
	    "GET /?q HTTP/1.1\r\nhost: b\r\n\r\n");
	assert_malformed(clean("GET http://b/ HTTP/1.1\r\n" END));
}

static void
the_asterisk_is_for_options_alone(void **state)
{
	(void)state;
	assert_cleaned("OPTIONS * HTTP/1.1\r\n" HOST END,
	    "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n");
}

static void
a_target_of_1990_bytes_is_too_long(void **state)
{
	char	block[4096], target[1991];

	(void)state;
	memset(target, 'a', sizeof(target));
	target[0] = '/';
	target[1990] = '\0';
	(void)snprintf(block, sizeof(block), "GET %s HTTP/1.1\r\n" HOST END,
	    target);
	assert_int_equal(clean(block), ERROR_URI_TOO_LONG);
	target[1989] = '\0';
	(void)snprintf(block, sizeof(block), "GET %s HTTP/1.1\r\n" HOST END,
	    target);
	assert_int_equal(clean(block), ERROR_NONE);
}

static void
malformed_lines_are_refused_even_in_headers_nobody_reads(void **state)
{
	static const char	*bad[] = { "X-Y", "X Y: 1", "X-Y : 1", ": 1",
	    " folded", "\tfolded", "X\xc3\xa4: 1", "X(: 1", "X\x01: 1" };
	char			block[128];
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(block, sizeof(block), GET HOST "%s\r\n" END,
		    bad[i]);
		assert_malformed(clean(block));
	}
}

static void
harmless_oddities_are_dropped_or_replaced(void **state)
{
	(void)state;
	assert_cleaned(GET HOST "Accept:\r\nX-Odd: \xff\x01\r\n"
	    "User-Agent: a\tb\xc3\xa4\x7f\r\nCookie: a=1; b=\xe9\r\n" END,
	    "GET / HTTP/1.1\r\nhost: a\r\ncookie: a=1; b=?\r\n"
	    "user-agent: a b???\r\n\r\n");
}

static void
bytes_of_a_filename_survive_percent_encoded(void **state)
{
	(void)state;
	assert_cleaned(GET HOST "X-Filename: na\xc3\xafve 100%.md\r\n" END,
	    "GET / HTTP/1.1\r\nhost: a\r\n"
	    "x-filename: na%C3%AFve 100%.md\r\n\r\n");
}

static void
lists_are_joined_and_singles_keep_their_first(void **state)
{
	(void)state;
	assert_cleaned(GET HOST "Cookie: a=1\r\nX-Forwarded-For: 1\r\n"
	    "Cookie:\r\nRange: x\r\ncookie: b=2\r\nX-Forwarded-For: 2\r\n"
	    "Range: y\r\nX-Forwarded-For: 3\r\n" END,
	    "GET / HTTP/1.1\r\nhost: a\r\ncookie: a=1; b=2\r\n"
	    "x-forwarded-for: 1, 2, 3\r\nrange: x\r\n\r\n");
}

static void
connection_close_is_found_among_other_tokens(void **state)
{
	(void)state;
	assert_int_equal(clean(GET HOST "Connection: keep-alive , Close\r\n"
	    END), ERROR_NONE);
	assert_true(facts.wants_close);
	assert_int_equal(clean(GET HOST "Connection: closed,,x\r\n" END),
	    ERROR_NONE);
	assert_false(facts.wants_close);
}

static void
only_100_continue_can_be_expected(void **state)
{
	(void)state;
	assert_int_equal(clean(POST HOST "Content-Length: 1\r\n"
	    "Expect: 100-Continue\r\n" END), ERROR_NONE);
	assert_true(facts.expects_continue);
	assert_int_equal(clean(GET HOST "Expect: wonders\r\n" END),
	    ERROR_EXPECTATION);
	assert_int_equal(clean("POST / HTTP/1.0\r\nContent-Length: 1\r\n"
	    "Expect: 100-continue\r\n" END), ERROR_NONE);
	assert_false(facts.expects_continue);
}

static void
eighty_lines_become_what_kore_can_hold_in_order_of_need(void **state)
{
	static const char	*all[] = { "accept-language", "accept-encoding",
	    "last-event-id", "access-control-request-headers",
	    "access-control-request-method", "if-modified-since",
	    "if-none-match", "if-range", "range", "referer",
	    "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site",
	    "idempotency-key", "x-filename", "user-agent", "accept",
	    "x-forwarded-proto", "x-forwarded-for", "content-type", "origin",
	    "authorization", "cookie" };
	char			block[8192];
	const char		*p;
	size_t			i, len, lines = 0;

	(void)state;
	len = (size_t)snprintf(block, sizeof(block), POST HOST);
	for (i = 0; i < 55; i++)
		len += (size_t)snprintf(block + len, sizeof(block) - len,
		    "X-%zu: v\r\n", i);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		len += (size_t)snprintf(block + len, sizeof(block) - len,
		    "%s: v\r\n", all[i]);
	(void)snprintf(block + len, sizeof(block) - len,
	    "Content-Length: 5\r\n\r\n");

	assert_int_equal(clean(block), ERROR_NONE);
	for (p = cleaned; (p = strstr(p, "\r\n")) != NULL; p += 2)
		lines++;
	assert_int_equal(lines, HEADER_LINES_MAX + 2);
	assert_non_null(strstr(cleaned, "\r\ncontent-length: 0\r\n"));
	assert_non_null(strstr(cleaned, "\r\ncookie: v\r\n"));
	assert_non_null(strstr(cleaned, "\r\nlast-event-id: v\r\n"));
	assert_null(strstr(cleaned, "accept-language"));
}

static void
a_block_that_does_not_fit_is_refused_and_never_cut(void **state)
{
	static const char	block[] = GET HOST "Accept: x\r\n" END;
	char			small[24];
	size_t			len;

	(void)state;
	assert_int_equal(header_clean((const uint8_t *)block,
	    sizeof(block) - 1, small, sizeof(small), &len, &facts),
	    ERROR_HEADER_TOO_LARGE);
}

static void
a_block_without_its_end_is_refused(void **state)
{
	(void)state;
	assert_malformed(clean(""));
	assert_malformed(clean("\r\n\r\n"));
	assert_malformed(clean(GET HOST));
	assert_malformed(clean_bytes("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 28));
}

static void
every_error_has_a_status_with_a_reason(void **state)
{
	int	id;

	(void)state;
	for (id = ERROR_NONE + 1; id < ERROR_COUNT; id++) {
		assert_true(error_info((enum error_id)id)->message[0] != '\0');
		assert_true(error_reason(
		    error_info((enum error_id)id)->status)[0] != '\0');
	}
	assert_int_equal(error_info((enum error_id)ERROR_COUNT)->status, 500);
	assert_string_equal(error_reason(299), "");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(a_block_ends_at_the_first_empty_line),
		cmocka_unit_test(a_block_is_found_when_it_comes_byte_by_byte),
		cmocka_unit_test(
		    bare_line_ends_and_nul_are_found_before_the_block_ends),
		cmocka_unit_test(empty_lines_ahead_of_a_request_are_counted),
		cmocka_unit_test(a_plain_request_passes_with_lower_case_names),
		cmocka_unit_test(unknown_headers_are_dropped),
		cmocka_unit_test(a_body_is_a_fact_and_never_announced_to_kore),
		cmocka_unit_test(bodies_where_none_belong_are_refused),
		cmocka_unit_test(without_a_length_there_is_no_body),
		cmocka_unit_test(
		    a_malformed_block_is_told_what_is_wrong_with_it),
		cmocka_unit_test(
		    characters_beyond_ascii_in_a_target_are_percent_encoded),
		cmocka_unit_test(lengths_that_are_no_plain_number_are_refused),
		cmocka_unit_test(
		    transfer_encoding_is_refused_and_with_a_length_is_malformed),
		cmocka_unit_test(hosts_are_checked),
		cmocka_unit_test(a_host_of_254_bytes_is_too_long_for_kore),
		cmocka_unit_test(only_http_1_0_may_come_without_a_host),
		cmocka_unit_test(request_lines_are_strict),
		cmocka_unit_test(
		    unknown_methods_and_versions_have_errors_of_their_own),
		cmocka_unit_test(
		    an_absolute_target_is_rewritten_and_decides_the_host),
		cmocka_unit_test(the_asterisk_is_for_options_alone),
		cmocka_unit_test(a_target_of_1990_bytes_is_too_long),
		cmocka_unit_test(
		    malformed_lines_are_refused_even_in_headers_nobody_reads),
		cmocka_unit_test(harmless_oddities_are_dropped_or_replaced),
		cmocka_unit_test(bytes_of_a_filename_survive_percent_encoded),
		cmocka_unit_test(lists_are_joined_and_singles_keep_their_first),
		cmocka_unit_test(connection_close_is_found_among_other_tokens),
		cmocka_unit_test(only_100_continue_can_be_expected),
		cmocka_unit_test(
		    eighty_lines_become_what_kore_can_hold_in_order_of_need),
		cmocka_unit_test(
		    a_block_that_does_not_fit_is_refused_and_never_cut),
		cmocka_unit_test(a_block_without_its_end_is_refused),
		cmocka_unit_test(every_error_has_a_status_with_a_reason),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
