/* links: src/config.c */
/*
 * The environment: defaults, what follows from several variables, and the
 * sentence that a bad value earns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config.h"
#include "log.h"

#define SECRET	"0123456789abcdef0123456789abcdef"

static int	level = -1;

const char	*__asan_default_options(void);

/* What is read once, at the start, is kept for good. */
const char *
__asan_default_options(void)
{
	return ("detect_leaks=0");
}

/* log.c speaks to Kore; here it only has to be told. */
void
log_set_level(enum log_level new_level)
{
	level = (int)new_level;
}

static int
set_up(void **state)
{
	(void)state;
	clearenv();
	memset(&config, 0, sizeof(config));
	level = -1;
	setenv("DATABASE_URL", "postgresql:///lectern", 1);
	setenv("SECRET_KEY", SECRET, 1);

	return (0);
}

static void
reads(void)
{
	char	why[256] = "";

	assert_int_equal(config_read(1, why, sizeof(why)), 0);
	assert_string_equal(why, "");
}

/* The value is refused, in a sentence with the name and without the value. */
static void
refuses(const char *name, const char *value)
{
	char	why[256] = "";

	setenv(name, value, 1);
	if (config_read(1, why, sizeof(why)) != -1 ||
	    strstr(why, name) == NULL)
		fail_msg("%s=\"%s\" earned \"%s\"", name, value, why);
	assert_int_equal(why[strlen(why) - 1], '.');
	assert_null(strchr(why, '\n'));
	if (strlen(value) > 8)
		assert_null(strstr(why, value));
	set_up(NULL);
}

static void
test_the_defaults_are_those_of_the_contract(void **state)
{
	(void)state;
	reads();
	assert_string_equal(config.public_url, "http://localhost:7860");
	assert_null(config.frontend_urls[0]);
	assert_null(config.port);
	assert_int_equal(config.workers, 0);
	assert_int_equal(config.trusted_hops, 0);
	assert_int_equal(config.same_site, SAME_SITE_LAX);
	assert_false(config.is_secure);
	assert_int_equal(config.session_seconds, 604800);
	assert_int_equal(config.session_refresh_seconds, 86400);
	assert_true(config.sign_up_open);
	assert_true(config.chat_keep_going);
	assert_int_equal(config.quota_user_bytes, 200 * 1024 * 1024);
	assert_int_equal(config.quota_total_bytes, 0);
	assert_null(config.llm_url);
	assert_null(config.secret_key_old);
}

static void
test_empty_counts_as_absent(void **state)
{
	(void)state;
	setenv("PORT", "", 1);
	setenv("FRONTEND_URL", "", 1);
	setenv("COOKIE_SAMESITE", "", 1);
	setenv("SESSION_SECONDS", "", 1);
	setenv("SIGN_UP", "", 1);
	setenv("PUBLIC_URL", "", 1);
	reads();
	assert_string_equal(config.public_url, "http://localhost:7860");
	assert_true(config.sign_up_open);
}

static void
test_the_port_names_the_own_origin(void **state)
{
	(void)state;
	setenv("PORT", "8080", 1);
	setenv("WORKERS", "4", 1);
	reads();
	assert_string_equal(config.port, "8080");
	assert_string_equal(config.public_url, "http://localhost:8080");
	assert_int_equal(config.workers, 4);
}

static void
test_https_makes_cookies_secure(void **state)
{
	(void)state;
	setenv("PUBLIC_URL", "HTTPS://Lectern.Example.org:443/", 1);
	reads();
	assert_string_equal(config.public_url, "https://lectern.example.org");
	assert_true(config.is_secure);
	assert_int_equal(config.same_site, SAME_SITE_LAX);
}

static void
test_a_space_is_https_behind_one_proxy_and_inside_a_frame(void **state)
{
	(void)state;
	setenv("SPACE_HOST", "me-lectern.hf.space", 1);
	reads();
	assert_string_equal(config.public_url, "https://me-lectern.hf.space");
	assert_int_equal(config.trusted_hops, 1);
	assert_int_equal(config.same_site, SAME_SITE_NONE);
	assert_true(config.is_secure);

	setenv("PUBLIC_URL", "https://own.example.org", 1);
	setenv("TRUSTED_HOPS", "0", 1);
	setenv("COOKIE_SAMESITE", "lax", 1);
	reads();
	assert_string_equal(config.public_url, "https://own.example.org");
	assert_int_equal(config.trusted_hops, 0);
	assert_int_equal(config.same_site, SAME_SITE_LAX);
}

static void
test_cookies_for_other_sites_are_always_secure(void **state)
{
	(void)state;
	setenv("COOKIE_SAMESITE", "none", 1);
	reads();
	assert_int_equal(config.same_site, SAME_SITE_NONE);
	assert_true(config.is_secure);
}

static void
test_front_ends_are_a_list_in_the_form_of_origin(void **state)
{
	(void)state;
	setenv("FRONTEND_URL", " https://App.example.org/ ,"
	    "http://localhost:3000, https://b.example:443,,http://c.example:80",
	    1);
	reads();
	assert_string_equal(config.frontend_urls[0],
	    "https://app.example.org");
	assert_string_equal(config.frontend_urls[1], "http://localhost:3000");
	assert_string_equal(config.frontend_urls[2], "https://b.example");
	assert_string_equal(config.frontend_urls[3], "http://c.example");
	assert_null(config.frontend_urls[4]);
}

static void
test_the_model_needs_a_name_and_loses_its_slash(void **state)
{
	(void)state;
	setenv("LLM_MODEL", "small", 1);
	setenv("LLM_URL", "https://model.example/v1//", 1);
	reads();
	assert_string_equal(config.llm_url, "https://model.example/v1");
	refuses("LLM_URL", "model.example/v1");
	setenv("LLM_URL", "https://model.example/v1", 1);
	refuses("LLM_MODEL", "");
}

static void
test_the_secret_may_have_better_auths_name(void **state)
{
	(void)state;
	unsetenv("SECRET_KEY");
	setenv("BETTER_AUTH_SECRET", SECRET "x", 1);
	reads();
	assert_string_equal(config.secret_key, SECRET "x");
	setenv("SECRET_KEY", SECRET, 1);
	reads();
	assert_string_equal(config.secret_key, SECRET);
	unsetenv("SECRET_KEY");
	refuses("BETTER_AUTH_SECRET", "short-secret");
}

static void
test_bad_values_are_named_and_not_repeated(void **state)
{
	static const struct {
		const char	*name;
		const char	*value;
	} bad[] = {
		{ "DATABASE_URL", "" }, { "SECRET_KEY", "" },
		{ "SECRET_KEY", "one-byte-too-short-0123456789ab" },
		{ "PORT", "0" }, { "PORT", "65536" }, { "PORT", "80 " },
		{ "PORT", " 80" }, { "PORT", "+80" }, { "PORT", "0x50" },
		{ "PORT", "99999999999999999999" },
		{ "WORKERS", "0" }, { "WORKERS", "-2" },
		{ "TRUSTED_HOPS", "-1" }, { "TRUSTED_HOPS", "many" },
		{ "SESSION_SECONDS", "0" }, { "SESSION_SECONDS", "1e9" },
		{ "SESSION_REFRESH_SECONDS", "-1" },
		{ "PUBLIC_URL", "lectern.example" },
		{ "PUBLIC_URL", "https://" },
		{ "PUBLIC_URL", "https://a.example/path" },
		{ "PUBLIC_URL", "https://user@a.example" },
		{ "PUBLIC_URL", "https://a.example?x" },
		{ "FRONTEND_URL", "*" }, { "FRONTEND_URL", "null" },
		{ "FRONTEND_URL", "https://*.example.org" },
		{ "FRONTEND_URL", "https://a.example,javascript:x" },
		{ "COOKIE_SAMESITE", "strict" }, { "COOKIE_SAMESITE", "None" },
		{ "SIGN_UP", "yes" }, { "CHAT_KEEP_GOING", "true" },
		{ "QUOTA_USER_MB", "-1" }, { "CONTEXT_TOKENS", "12" },
		{ "LOG_LEVEL", "verbose" }
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuses(bad[i].name, bad[i].value);
}

static void
test_commands_need_the_database_alone(void **state)
{
	char	why[256] = "";

	(void)state;
	unsetenv("SECRET_KEY");
	assert_int_equal(config_read(0, why, sizeof(why)), 0);
	unsetenv("DATABASE_URL");
	assert_int_equal(config_read(0, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "DATABASE_URL"));
}

static void
test_the_log_level_is_set(void **state)
{
	(void)state;
	setenv("LOG_LEVEL", "warn", 1);
	reads();
	assert_int_equal(level, LOG_LEVEL_WARN);
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup(test_##name, set_up)
	const struct CMUnitTest	tests[] = {
		TEST(the_defaults_are_those_of_the_contract),
		TEST(empty_counts_as_absent),
		TEST(the_port_names_the_own_origin),
		TEST(https_makes_cookies_secure),
		TEST(a_space_is_https_behind_one_proxy_and_inside_a_frame),
		TEST(cookies_for_other_sites_are_always_secure),
		TEST(front_ends_are_a_list_in_the_form_of_origin),
		TEST(the_model_needs_a_name_and_loses_its_slash),
		TEST(the_secret_may_have_better_auths_name),
		TEST(bad_values_are_named_and_not_repeated),
		TEST(commands_need_the_database_alone),
		TEST(the_log_level_is_set)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
