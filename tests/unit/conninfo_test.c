/* links: src/conninfo.c src/buffer.c -I/usr/include/postgresql -lpq */
/*
 * From DATABASE_URL to libpq's connection string, read back with libpq.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "conninfo.h"
#include "log.h"

/* The program's log, here silent: a warning is nothing to test. */
void
log_event(enum log_level level, const char *format, ...)
{
	(void)level;
	(void)format;
}

/* What libpq reads for a keyword in what was made of the URL; "" for none. */
static const char *
setting(const char *url, const char *keyword)
{
	static char		 value[256];
	PQconninfoOption	*options, *o;
	char			*made, why[256];

	made = conninfo_make(url, why, sizeof(why));
	assert_non_null(made);
	options = PQconninfoParse(made, NULL);
	assert_non_null(options);
	value[0] = '\0';
	for (o = options; o->keyword != NULL; o++) {
		if (strcmp(o->keyword, keyword) == 0 && o->val != NULL)
			(void)snprintf(value, sizeof(value), "%s", o->val);
	}
	PQconninfoFree(options);
	free(made);

	return (value);
}

static void
refuses(const char *url, const char *secret)
{
	char	why[256] = "";

	assert_null(conninfo_make(url, why, sizeof(why)));
	assert_non_null(strstr(why, "DATABASE_URL"));
	assert_int_equal(why[strlen(why) - 1], '.');
	assert_null(strstr(why, secret));
}

static void
test_user_database_and_host_are_kept(void **state)
{
	const char	*url =
	    "postgresql://ann:p%20w@db.example.org:6543/rag";

	(void)state;
	assert_string_equal(setting(url, "user"), "ann");
	assert_string_equal(setting(url, "password"), "p w");
	assert_string_equal(setting(url, "host"), "db.example.org");
	assert_string_equal(setting(url, "port"), "6543");
	assert_string_equal(setting(url, "dbname"), "rag");
}

static void
test_quotes_and_backslashes_survive(void **state)
{
	(void)state;
	assert_string_equal(setting(
	    "postgresql://a:%27%5C%20%27%3D@h.example/db", "password"),
	    "'\\ '=");
}

static void
test_remote_hosts_are_verified(void **state)
{
	const char	*urls[] = {
	    "postgresql://u@db.example.org/d",
	    "postgresql://u@db.example.org/d?sslmode=require",
	    "postgresql://u@db.example.org/d?sslmode=prefer",
	    "postgresql://u@db.example.org/d?sslmode=allow",
	    "postgresql://u@203.0.113.9/d?sslmode=require",
	    "postgresql://u@localhost,db.example.org/d",
	    "postgresql:///d?host=/run/postgresql,db.example.org",
	    "postgresql:///d?hostaddr=203.0.113.9",
	    "postgresql://localhost.example.org/d" };
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		assert_string_equal(setting(urls[i], "sslmode"),
		    "verify-full");
		assert_string_equal(setting(urls[i], "sslrootcert"),
		    "/etc/ssl/certs/ca-certificates.crt");
	}
	assert_string_equal(setting("postgresql://h.example/d?"
	    "sslmode=require&sslrootcert=/etc/own.crt", "sslrootcert"),
	    "/etc/own.crt");
}

static void
test_an_explicit_disable_is_honoured(void **state)
{
	(void)state;
	assert_string_equal(setting(
	    "postgresql://u@db.example.org/d?sslmode=disable", "sslmode"),
	    "disable");
}

static void
test_the_own_machine_needs_no_certificate(void **state)
{
	const char	*urls[] = {
	    "postgresql:///d?host=/run/postgresql",
	    "postgresql://%2Frun%2Fpostgresql/d",
	    "postgresql://localhost/d", "postgresql://127.0.0.1:5433/d",
	    "postgresql://[::1]/d", "postgresql:///d" };
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		assert_string_equal(setting(urls[i], "sslmode"), "");
		assert_string_equal(setting(urls[i], "sslrootcert"), "");
	}
	assert_string_equal(setting("postgresql://localhost/d?sslmode=require",
	    "sslmode"), "require");
}

static void
test_limits_are_set_unless_the_address_does(void **state)
{
	(void)state;
	assert_string_not_equal(setting("postgresql:///d",
	    "connect_timeout"), "");
	assert_non_null(strstr(setting("postgresql:///d", "options"),
	    "statement_timeout"));
	assert_string_equal(setting("postgresql:///d",
	    "application_name"), "lectern");
	assert_string_equal(setting("postgresql:///d?connect_timeout=2"
	    "&application_name=mine", "connect_timeout"), "2");
	assert_string_equal(setting("postgresql:///d?connect_timeout=2"
	    "&application_name=mine", "application_name"), "mine");
}

static void
test_what_is_no_address_is_refused_without_its_secrets(void **state)
{
	(void)state;
	refuses("mysql://u:hunter2@h/d", "hunter2");
	refuses("hunter2", "hunter2");
	refuses("postgresql://u:hunter2@h/d?nonsense=1", "hunter2");
	refuses("postgresql://u:hunter2@h:port/d", "hunter2");
	refuses("postgresql://u:hunter2%zz@h/d", "hunter2");
	refuses("postgresql://u:hunter2@[::1/d", "hunter2");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_user_database_and_host_are_kept),
		cmocka_unit_test(test_quotes_and_backslashes_survive),
		cmocka_unit_test(test_remote_hosts_are_verified),
		cmocka_unit_test(test_an_explicit_disable_is_honoured),
		cmocka_unit_test(test_the_own_machine_needs_no_certificate),
		cmocka_unit_test(test_limits_are_set_unless_the_address_does),
		cmocka_unit_test(
		    test_what_is_no_address_is_refused_without_its_secrets)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
