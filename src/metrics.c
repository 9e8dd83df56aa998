/*
 * Counters in shared memory.
 *
 *	metrics_init()		parent: one mapping, inherited by every worker
 *	metrics_worker()	worker: its slot, by the number Kore gave it
 *
 * Only its worker writes to a slot, from any thread; the others read. Relaxed
 * atomics are enough, since no figure promises anything about another. Routes
 * and statuses enter tables when they are first met; names of routes are
 * constants of the program, which lie at the same address in every worker.
 *
 * Deliberately missing: anything that names a person.
 */
#include <sys/types.h>
#include <sys/mman.h>

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <kore/kore.h>

#include "metrics.h"
#include "metricscell.h"

static const enum metric_kind	metrics_kinds[METRIC_COUNT] = {
#define METRIC_KIND(name, kind, family, labels, help)	kind,
	METRIC_LIST(METRIC_KIND)
#undef METRIC_KIND
};
static const char *const	metrics_labels[METRIC_COUNT] = {
#define METRIC_LABELS(name, kind, family, labels, help)	labels,
	METRIC_LIST(METRIC_LABELS)
#undef METRIC_LABELS
};

const uint64_t	metrics_bounds[METRICS_BOUNDS] = { 1, 5, 10, 25, 50, 100, 250,
    500, 1000, 2500, 5000, 10000, 30000, 120000 };

struct metrics			*metrics;
static struct metrics_slot	*metrics_own;	/* this worker's */

static void	metrics_count(size_t, uint64_t);
static void	metrics_histogram(size_t, uint64_t);
static size_t	metrics_route(const char *);
static size_t	metrics_status(int);

void
metrics_init(int schema)
{
	void	*memory = mmap(NULL, sizeof(*metrics), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		fatal("metrics: mmap: %s", errno_s);
	metrics = memory;
	metrics->started = time(NULL);
	metrics->parent = getpid();
	metrics->schema = schema;
}

void
metrics_worker(void)
{
	size_t	i, slot = worker->id % METRICS_SLOTS;

	metrics_own = &metrics->slots[slot];
	metrics->pids[slot] = getpid();
	metrics->starts[slot]++;
	/* What the lost one held is gone with it. */
	for (i = 0; i < METRIC_COUNT; i++) {
		if (metrics_kinds[i] == METRIC_GAUGE)
			metrics_own->cells[i] = 0;
	}
}

void
metrics_add(enum metric metric, uint64_t n)
{
	metrics_count(metric, n);
}

void
metrics_set(enum metric metric, uint64_t n)
{
	if (metrics_own != NULL)
		atomic_store_explicit(
		    metrics_kinds[metric] == METRIC_COMMON ?
		    &metrics->common[metric] : &metrics_own->cells[metric],
		    n, memory_order_relaxed);
}

void
metrics_swept(const char *kind, uint64_t rows)
{
	char	labels[64];
	size_t	i;

	(void)snprintf(labels, sizeof(labels), "kind=\"%s\"", kind);
	for (i = METRIC_SWEPT_SESSIONS; i < METRIC_COUNT; i++) {
		if (strcmp(metrics_labels[i], labels) == 0)
			metrics_add((enum metric)i, rows);
	}
}

void
metrics_request(const char *route, int status, uint64_t ms, int is_stream)
{
	size_t	place;

	if (metrics_own == NULL ||
	    (place = metrics_route(route)) == METRICS_ROUTES)
		return;
	metrics_count(CELL_REQUESTS + place * METRICS_STATUSES +
	    metrics_status(status), 1);
	metrics_histogram(CELL_DURATIONS + (place * 2 + (is_stream != 0)) *
	    CELL_KIND, ms);
}

void
metrics_time(enum timing timing, uint64_t ms)
{
	metrics_histogram(CELL_TIMINGS + timing * CELL_KIND, ms);
}

void
metrics_error(enum error_id error)
{
	metrics_count(CELL_ERRORS + error, 1);
}

static void
metrics_count(size_t cell, uint64_t n)
{
	if (metrics_own != NULL)
		atomic_fetch_add_explicit(&metrics_own->cells[cell], n,
		    memory_order_relaxed);
}

static void
metrics_histogram(size_t cell, uint64_t ms)
{
	size_t	bucket = 0;

	while (bucket < METRICS_BOUNDS && ms > metrics_bounds[bucket])
		bucket++;
	metrics_count(cell + bucket, 1);
	metrics_count(cell + METRICS_BOUNDS + 1, ms);
}

/*
 * The route's place in the table, which only grows. Two workers that enter a
 * name at once meet at the same place: the later one looks at it again.
 */
static size_t
metrics_route(const char *name)
{
	const char	*there;
	size_t		 i;

	for (i = 0; i < METRICS_ROUTES; i++) {
		there = NULL;
		if (atomic_compare_exchange_strong(&metrics->routes[i],
		    &there, name) || there == name ||
		    strcmp(there, name) == 0)
			break;
	}

	return (i);
}

static size_t
metrics_status(int status)
{
	size_t	i;
	int	there;

	for (i = 0; i < METRICS_STATUSES - 1; i++) {
		there = 0;
		if (atomic_compare_exchange_strong(&metrics->statuses[i],
		    &there, status) || there == status)
			return (i);
	}
	metrics->statuses[i] = 599;

	return (i);
}
