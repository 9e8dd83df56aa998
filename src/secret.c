/*
 * A password's way through a job: a copy in, verdict or hash out,
 * everything wiped on every path, also when the asker has gone meanwhile.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "passlist.h"
#include "secret.h"
#include "utf8.h"

/* The job owns all of it; `out` is written only while its request lives. */
struct secret_job {
	char			*password;
	char			 hash[PASSWORD_HASH_LEN]; /* to verify, or "" */
	struct password_kinds	 present;		/* to sign in */
	struct secret		 result;
	struct secret		*out;
};

static enum step	secret_send(struct request *, u_int8_t, const char *,
			    const char *, const struct password_kinds *,
			    struct secret *, void (*)(void *));
static void		secret_hash_work(void *);
static void		secret_verify_work(void *);
static void		secret_sign_in_work(void *);
static void		secret_done(void *, void *);

enum error_id
secret_judge(const char *password)
{
	size_t	len = utf8_utf16_len(password, strlen(password));

	return (len < PASSWORD_MIN ? ERROR_PASSWORD_TOO_SHORT :
	    len > PASSWORD_MAX ? ERROR_PASSWORD_TOO_LONG :
	    passlist_has(password) ? ERROR_PASSWORD_COMPROMISED : ERROR_NONE);
}

enum step
secret_hash(struct request *r, u_int8_t state, const char *password,
    struct secret *out)
{
	return (secret_send(r, state, password, NULL, NULL, out,
	    secret_hash_work));
}

enum step
secret_verify(struct request *r, u_int8_t state, const char *password,
    const char *hash, struct secret *out)
{
	return (secret_send(r, state, password, hash, NULL, out,
	    secret_verify_work));
}

enum step
secret_sign_in(struct request *r, u_int8_t state, const char *password,
    const char *hash, const struct password_kinds *present,
    struct secret *out)
{
	return (secret_send(r, state, password, hash, present, out,
	    secret_sign_in_work));
}

static enum step
secret_send(struct request *r, u_int8_t state, const char *password,
    const char *hash, const struct password_kinds *present,
    struct secret *out, void (*work)(void *))
{
	struct secret_job	*job;

	if ((job = calloc(1, sizeof(*job))) == NULL ||
	    (job->password = strdup(password)) == NULL) {
		free(job);
		return (request_fail(r, ERROR_INTERNAL));
	}
	if (hash != NULL)
		(void)kore_strlcpy(job->hash, hash, sizeof(job->hash));
	if (present != NULL)
		job->present = *present;
	job->out = out;

	return (job_send(r, state, work, job, secret_done));
}

static void
secret_hash_work(void *arg)
{
	struct secret_job	*job = arg;

	job->result.fits = password_hash(job->password,
	    job->result.hash) == 0;
}

static void
secret_verify_work(void *arg)
{
	struct secret_job	*job = arg;

	job->result.fits = password_verify(job->password, job->hash);
}

static void
secret_sign_in_work(void *arg)
{
	struct secret_job	*job = arg;

	secret_verify_work(job);
	if (!job->result.fits) {
		password_even_out(job->password, job->hash, &job->present);
		return;
	}
	/* When there is no memory now, the next sign-in will do. */
	if (password_is_old(job->hash) &&
	    password_hash(job->password, job->result.hash) == -1)
		job->result.hash[0] = '\0';
}

static void
secret_done(void *arg, void *owner)
{
	struct secret_job	*job = arg;

	if (owner != NULL) {
		if (job->hash[0] == '\0')
			(void)kore_strlcpy(job->result.was, job->out->was,
			    sizeof(job->result.was));
		else
			(void)kore_strlcpy(job->result.was, job->hash,
			    sizeof(job->result.was));
		*job->out = job->result;
	}
	password_free(job->password);
	explicit_bzero(job, sizeof(*job));
	free(job);
}
