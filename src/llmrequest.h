/*
 * One request to the language model's end point, made ready for libcurl.
 */
#ifndef LECTERN_LLMREQUEST_H
#define LECTERN_LLMREQUEST_H

#include <stddef.h>
#include <stdint.h>

#include <kore/kore.h>
#include <kore/http.h>
#include <kore/curl.h>

struct llmrequest_callbacks {	/* libcurl's; the last argument is `arg` */
	size_t	(*header)(char *, size_t, size_t, void *);
	size_t	(*write)(char *, size_t, size_t, void *);
};

/*
 * A POST of `body`, which is borrowed until libcurl has sent it whole, to
 * config.llm_url, that the caller will have ended after timeout_ms. 0, or -1
 * (the address is too long, no memory; nothing to clean up).
 */
int	llmrequest_setup(struct kore_curl *, const char *body,
	    const char *request_id, uint64_t timeout_ms,
	    const struct llmrequest_callbacks *, void *arg);
/* Ends it, running or not. Not inside a libcurl callback. */
void	llmrequest_cleanup(struct kore_curl *);

#endif
