/*
 * Faults of the language model; see llmfault.h.
 *
 * Only what passes by itself is tried again: too many requests, a server that
 * fails or is not there. A refused key, a wrong address or a certificate that
 * does not hold are the operator's to mend, and a reply that is no stream of
 * answers comes from something else than a model.
 */
#include <stddef.h>

#include <curl/curl.h>

#include "llmfault.h"

static int	llmfault_passes(enum error_id, long);

enum error_id
llmfault_of_status(long status)
{
	switch (status) {
	case 200:
		return (ERROR_NONE);
	case 401:
	case 402:	/* the account is empty */
	case 403:
		return (ERROR_MODEL_KEY);
	case 404:
	case 405:
	case 410:
		return (ERROR_MODEL_UNKNOWN);
	case 408:
	case 504:
		return (ERROR_MODEL_TIMEOUT);
	case 429:
		return (ERROR_MODEL_LIMITED);
	case 503:
	case 529:	/* Anthropic's */
		return (ERROR_MODEL_OVERLOADED);
	default:
		break;
	}
	/* A redirect is not followed: it could lead anywhere. */
	if (status >= 300 && status < 400)
		return (ERROR_MODEL_UNKNOWN);

	return (status < 300 ? ERROR_MODEL_GARBLED : ERROR_MODEL_REFUSED);
}

enum error_id
llmfault_of_transfer(int result, long status, int has_text, int has_chunk)
{
	if (status != 0 && status != 200)
		return (llmfault_of_status(status));
	if (has_text || (has_chunk && result != CURLE_OPERATION_TIMEDOUT))
		return (ERROR_MODEL_CUT);

	switch (result) {
	case CURLE_OK:
		/* 200 and the end, yet no answer: it is no model we know. */
	case CURLE_UNSUPPORTED_PROTOCOL:	/* no HTTP, or 0.9 */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_WRITE_ERROR:
		return (ERROR_MODEL_GARBLED);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return (ERROR_MODEL_TLS);
	case CURLE_OPERATION_TIMEDOUT:
		return (status == 0 ? ERROR_MODEL_UNREACHABLE :
		    ERROR_MODEL_TIMEOUT);
	default:
		return (status == 0 ? ERROR_MODEL_UNREACHABLE :
		    ERROR_MODEL_CUT);
	}
}

int64_t
llmfault_wait(enum error_id error, long status, unsigned attempt,
    int64_t retry_after_s, uint64_t spent)
{
	static const int64_t	pauses[] = { 250, 500, 1000 };
	int64_t			wait;

	if (attempt < 2 || attempt > LLMFAULT_ATTEMPTS ||
	    !llmfault_passes(error, status) ||
	    retry_after_s > LLMFAULT_WAIT_MAX_S)
		return (-1);
	wait = retry_after_s > 0 ? retry_after_s * 1000 : pauses[attempt - 2];

	return (spent + (uint64_t)wait > LLMFAULT_SPAN_MS ? -1 : wait);
}

static int
llmfault_passes(enum error_id error, long status)
{
	switch (error) {
	case ERROR_MODEL_LIMITED:
	case ERROR_MODEL_OVERLOADED:
	case ERROR_MODEL_UNREACHABLE:
	case ERROR_MODEL_CUT:
		return (1);
	case ERROR_MODEL_REFUSED:
	case ERROR_MODEL_TIMEOUT:
		/* Ours, of a silent end point, has no status of its own. */
		return (status == 408 || status >= 500);
	default:
		return (0);
	}
}

int
llmfault_is_outage(enum error_id error, long status)
{
	switch (error) {
	case ERROR_MODEL_OVERLOADED:
	case ERROR_MODEL_UNREACHABLE:
	case ERROR_MODEL_TLS:
	case ERROR_MODEL_TIMEOUT:
	case ERROR_MODEL_CUT:
	case ERROR_MODEL_GARBLED:
		return (1);
	default:
		return (status >= 500);
	}
}
