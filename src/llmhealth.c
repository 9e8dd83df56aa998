/*
 * The end point's health; see llmhealth.h. The log hears of it when it is
 * given up and when it is back, not at every call.
 */
#include <stddef.h>

#include "llmfault.h"
#include "llmhealth.h"
#include "log.h"
#include "metrics.h"

static void	llmhealth_well(void);

static const struct {
	enum error_id	failure;
	enum metric	metric;
} llmhealth_kinds[] = {
	{ ERROR_MODEL_REFUSED, METRIC_MODEL_FAILED_STATUS },
	{ ERROR_MODEL_KEY, METRIC_MODEL_FAILED_KEY },
	{ ERROR_MODEL_UNKNOWN, METRIC_MODEL_FAILED_UNKNOWN },
	{ ERROR_MODEL_LIMITED, METRIC_MODEL_FAILED_LIMITED },
	{ ERROR_MODEL_OVERLOADED, METRIC_MODEL_FAILED_OVERLOADED },
	{ ERROR_MODEL_RESTING, METRIC_MODEL_FAILED_RESTING },
	{ ERROR_MODEL_UNREACHABLE, METRIC_MODEL_FAILED_UNREACHABLE },
	{ ERROR_MODEL_TLS, METRIC_MODEL_FAILED_TLS },
	{ ERROR_MODEL_GARBLED, METRIC_MODEL_FAILED_GARBLED },
	{ ERROR_MODEL_EMPTY, METRIC_MODEL_FAILED_EMPTY },
	{ ERROR_MODEL_TIMEOUT, METRIC_MODEL_FAILED_TIMEOUT },
	{ ERROR_MODEL_CUT, METRIC_MODEL_FAILED_CUT }
};

static struct breaker	llmhealth_breaker;
static int		llmhealth_is_told;	/* the log knows it is down */

enum breaker_pass
llmhealth_admit(uint64_t now)
{
	return (breaker_admit(&llmhealth_breaker, now));
}

void
llmhealth_sent(unsigned attempt)
{
	metrics_add(METRIC_MODEL_REQUESTS, 1);
	if (attempt > 1)
		metrics_add(METRIC_MODEL_RETRIES, 1);
}

void
llmhealth_reached(void)
{
	breaker_reached(&llmhealth_breaker);
}

void
llmhealth_spoke(uint64_t ms)
{
	llmhealth_well();
	metrics_add(METRIC_MODEL_FIRSTS, 1);
	metrics_add(METRIC_MODEL_FIRST_MS, ms);
	metrics_time(TIMING_MODEL_FIRST, ms);
}

void
llmhealth_ended(enum error_id failure, const struct llm_usage *usage)
{
	size_t	i;

	if (usage->is_known) {
		metrics_add(METRIC_MODEL_INPUT_TOKENS,
		    (uint64_t)usage->input_tokens);
		metrics_add(METRIC_MODEL_OUTPUT_TOKENS,
		    (uint64_t)usage->output_tokens);
	}
	for (i = 0; i < sizeof(llmhealth_kinds) / sizeof(llmhealth_kinds[0]);
	    i++) {
		if (llmhealth_kinds[i].failure == failure)
			metrics_add(llmhealth_kinds[i].metric, 1);
	}
}

void
llmhealth_judge(enum error_id failure, long status, enum breaker_pass pass,
    uint64_t now)
{
	if (!llmfault_is_outage(failure, status)) {
		llmhealth_well();
		return;
	}
	if (!breaker_failed(&llmhealth_breaker, pass, now) ||
	    llmhealth_is_told)
		return;
	llmhealth_is_told = 1;
	log_event(LOG_LEVEL_WARN, "model: it fails (%s, status %ld) and is "
	    "asked every %d s only", error_info(failure)->code, status,
	    BREAKER_OPEN_MS / 1000);
}

void
llmhealth_gone(enum breaker_pass pass)
{
	breaker_forgone(&llmhealth_breaker, pass);
}

int
llmhealth_is_failing(void)
{
	return (llmhealth_breaker.state != BREAKER_CLOSED);
}

static void
llmhealth_well(void)
{
	breaker_succeeded(&llmhealth_breaker);
	if (llmhealth_is_told)
		log_event(LOG_LEVEL_INFO, "model: it answers again");
	llmhealth_is_told = 0;
}
