/*
 * The memory that metrics.c fills and metricstext.c reads: a slot of cells for
 * each worker, all of one kind of number.
 */
#ifndef LECTERN_METRICSCELL_H
#define LECTERN_METRICSCELL_H

#include <sys/types.h>

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include <kore/kore.h>

#include "error.h"
#include "metrics.h"

#define METRICS_SLOTS		(KORE_WORKER_MAX + 1)
#define METRICS_ROUTES		160
#define METRICS_STATUSES	48	/* more count as the last */
#define METRICS_BOUNDS		14

/* A histogram: buckets, the one without bound, and the sum in ms. */
#define CELL_KIND	((size_t)METRICS_BOUNDS + 2)
/* A slot's cells, one group behind the other. */
#define CELL_REQUESTS	((size_t)METRIC_COUNT)
#define CELL_DURATIONS	(CELL_REQUESTS +				\
			    (size_t)METRICS_ROUTES * METRICS_STATUSES)
#define CELL_TIMINGS	(CELL_DURATIONS + METRICS_ROUTES * 2 * CELL_KIND)
#define CELL_ERRORS	(CELL_TIMINGS + TIMING_COUNT * CELL_KIND)
#define CELL_COUNT	(CELL_ERRORS + ERROR_COUNT)

struct metrics_slot {
	_Atomic uint64_t	cells[CELL_COUNT];
};

/* Slot 0 is nobody's. The pages of unused slots are never touched. */
struct metrics {
	time_t			 started;
	pid_t			 parent;
	int			 schema;
	_Atomic uint64_t	 common[METRIC_COUNT];
	_Atomic uint32_t	 starts[METRICS_SLOTS];
	_Atomic pid_t		 pids[METRICS_SLOTS];
	_Atomic(const char *)	 routes[METRICS_ROUTES];
	_Atomic int		 statuses[METRICS_STATUSES];
	struct metrics_slot	 slots[METRICS_SLOTS];
};

extern struct metrics	*metrics;

/* Upper bounds of the buckets, in ms. */
extern const uint64_t	 metrics_bounds[METRICS_BOUNDS];

#endif
