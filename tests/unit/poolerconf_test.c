/* links: src/poolerconf.c src/buffer.c */
/*
 * PgBouncer's configuration.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "poolerconf.h"

static struct poolerconf
hosted(void)
{
	struct poolerconf	c = { .host = "db.example", .user = "ann",
				    .password = "secret",
				    .sslmode = "verify-full",
				    .sslrootcert = "/etc/ca.crt",
				    .directory = "/tmp/p", .servers_max = 16 };

	return (c);
}

static void
holds(const struct poolerconf *c, const char *text, int is_there)
{
	struct buffer	out;
	char		why[256];

	buffer_init(&out);
	assert_int_equal(poolerconf_write(c, &out, why, sizeof(why)), 0);
	if (is_there)
		assert_non_null(strstr(buffer_text(&out), text));
	else
		assert_null(strstr(buffer_text(&out), text));
	buffer_free(&out);
}

static void
refused(const struct poolerconf *c, const char *named)
{
	struct buffer	out;
	char		why[256];

	buffer_init(&out);
	assert_int_equal(poolerconf_write(c, &out, why, sizeof(why)), -1);
	assert_non_null(strstr(why, named));
	assert_int_equal(out.len, 0);
	buffer_free(&out);
}

static void
test_values_stand_in_the_connection_string(void **state)
{
	struct poolerconf	c = hosted();

	(void)state;
	holds(&c, "lectern = host='db.example' dbname='ann' user='ann' "
	    "password='secret' connect_query=", 1);
	holds(&c, "server_tls_sslmode = verify-full\n", 1);
	holds(&c, "server_tls_ca_file = /etc/ca.crt\n", 1);
	holds(&c, "unix_socket_dir = /tmp/p\n", 1);
	holds(&c, "default_pool_size = 16\n", 1);
	holds(&c, "port=", 0);
	c.dbname = "books";
	c.port = "5433";
	holds(&c, "port='5433' dbname='books'", 1);
}

static void
test_a_quote_cannot_end_a_value(void **state)
{
	struct poolerconf	c = hosted();

	(void)state;
	c.password = "a' host='elsewhere";
	holds(&c, "password='a'' host=''elsewhere'", 1);
	c.password = "'";
	holds(&c, "password=''''", 1);
}

static void
test_a_line_end_is_refused_and_not_shown(void **state)
{
	struct poolerconf	c = hosted();

	(void)state;
	c.password = "secret\nauth_type = any";
	refused(&c, "password");
	c = hosted();
	c.sslrootcert = "/etc/ca.crt\r";
	refused(&c, "sslrootcert");
	c = hosted();
	c.user = NULL;
	refused(&c, "user");
}

static void
test_what_pgbouncer_cannot_hold_is_refused(void **state)
{
	struct poolerconf	c = hosted();
	char			long_name[300];

	(void)state;
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	c.dbname = long_name;
	refused(&c, "database");
	c = hosted();
	c.host = long_name;
	refused(&c, "host");
}

static void
test_nothing_is_set_on_connections_that_others_share(void **state)
{
	struct poolerconf	c = hosted();

	(void)state;
	c.host = "ep-lamp-pooler.example";
	holds(&c, "connect_query", 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_values_stand_in_the_connection_string),
		cmocka_unit_test(test_a_quote_cannot_end_a_value),
		cmocka_unit_test(test_a_line_end_is_refused_and_not_shown),
		cmocka_unit_test(test_what_pgbouncer_cannot_hold_is_refused),
		cmocka_unit_test(
		    test_nothing_is_set_on_connections_that_others_share),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
