/*
 * Counters in shared memory.
 *
 *	metrics_init()		parent: one mapping, inherited by every worker
 *	metrics_worker()	worker: its slot, by the number Kore gave it
 *	metrics_render()	any worker: the sum over all slots
 *
 * Only its worker writes to a slot, the others read; relaxed atomics are
 * enough, since no figure promises anything about another. Routes enter a
 * table of names when they are first asked for; names are constants of the
 * program, which lie at the same address in every worker.
 *
 * Deliberately missing: histograms by route (one for all, streams apart,
 * costs a hundredth of the lines), and anything that names a person.
 */
#include <sys/types.h>
#include <sys/mman.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <kore/kore.h>

#include "metrics.h"

#define METRICS_SLOTS		(KORE_WORKER_MAX + 1)
#define METRICS_ROUTES		128
#define METRICS_CLASSES		5	/* 1xx to 5xx */
#define METRICS_PREFIX		"lectern_"
#define METRICS_SECONDS		"%" PRIu64 ".%03" PRIu64 /* of ms */

/* Upper bounds of the histogram, in ms; the last bucket has none. */
static const uint64_t	metrics_bounds[] = { 1, 5, 10, 25, 50, 100, 250, 500,
    1000, 2500, 5000, 10000, 30000, 120000 };
#define METRICS_BOUNDS	(sizeof(metrics_bounds) / sizeof(metrics_bounds[0]))

/* A slot's cells: the values, requests by route and class, durations. */
#define CELL_REQUESTS	((size_t)METRIC_COUNT)
#define CELL_DURATIONS	(CELL_REQUESTS + METRICS_ROUTES * METRICS_CLASSES)
#define CELL_KIND	(METRICS_BOUNDS + 2)	/* buckets, +Inf and ms */
#define CELL_COUNT	(CELL_DURATIONS + 2 * CELL_KIND)

struct metrics_slot {
	_Atomic uint64_t	 cells[CELL_COUNT];
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
	struct metrics_slot	 slots[METRICS_SLOTS];
};

static const struct {
	enum metric_kind	 kind;
	const char		*family;
	const char		*labels;
	const char		*help;
} metrics_table[METRIC_COUNT] = {
#define METRIC_ROW(name, kind, family, labels, help)	\
	{ kind, METRICS_PREFIX family, labels, help },
	METRIC_LIST(METRIC_ROW)
#undef METRIC_ROW
};

static struct metrics		*metrics;
static struct metrics_slot	*metrics_own;	/* this worker's */

static void	metrics_count(size_t, uint64_t);
static size_t	metrics_route(const char *);
static void	metrics_line(struct buffer *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));
static void	metrics_family(struct buffer *, const char *, const char *,
		    const char *);
static uint64_t	metrics_sum(size_t);
static void	metrics_render_values(struct buffer *);
static void	metrics_render_requests(struct buffer *);
static void	metrics_render_durations(struct buffer *);
static void	metrics_render_processes(struct buffer *);
static int64_t	metrics_memory(pid_t);

void
metrics_init(int schema)
{
	void	*memory = mmap(NULL, sizeof(*metrics), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

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
		if (metrics_table[i].kind == METRIC_GAUGE)
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
		    metrics_table[metric].kind == METRIC_COMMON ?
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
		if (strcmp(metrics_table[i].labels, labels) == 0)
			metrics_add((enum metric)i, rows);
	}
}

void
metrics_request(const char *route, int status, uint64_t ms, int is_stream)
{
	size_t	place, class = (size_t)(status / 100 - 1), bucket, kind;

	if (metrics_own == NULL || class >= METRICS_CLASSES)
		return;
	place = metrics_route(route);
	if (place < METRICS_ROUTES)
		metrics_count(CELL_REQUESTS + place * METRICS_CLASSES + class,
		    1);
	for (bucket = 0; bucket < METRICS_BOUNDS &&
	    ms > metrics_bounds[bucket]; bucket++)
		;
	kind = CELL_DURATIONS + (is_stream ? CELL_KIND : 0);
	metrics_count(kind + bucket, 1);
	metrics_count(kind + METRICS_BOUNDS + 1, ms);
}

static void
metrics_count(size_t cell, uint64_t n)
{
	if (metrics_own != NULL)
		atomic_fetch_add_explicit(&metrics_own->cells[cell], n,
		    memory_order_relaxed);
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

/* ---- told ---- */

void
metrics_render(struct buffer *out)
{
	metrics_render_values(out);
	metrics_render_requests(out);
	metrics_render_durations(out);
	metrics_render_processes(out);
}

static void
metrics_line(struct buffer *out, const char *format, ...)
{
	char	line[256];
	va_list	args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	buffer_add_text(out, line);
}

static void
metrics_family(struct buffer *out, const char *family, const char *type,
    const char *help)
{
	metrics_line(out, "# HELP %s %s\n# TYPE %s %s\n", family, help,
	    family, type);
}

static uint64_t
metrics_sum(size_t cell)
{
	uint64_t	sum = 0;
	size_t		i;

	for (i = 0; i < METRICS_SLOTS; i++) {
		if (metrics->starts[i] > 0)
			sum += metrics->slots[i].cells[cell];
	}

	return (sum);
}

static void
metrics_render_values(struct buffer *out)
{
	const char	*family, *labels, *last = "";
	enum metric_kind kind;
	uint64_t	 value;
	size_t		 i;

	for (i = 0; i < METRIC_COUNT; i++) {
		family = metrics_table[i].family;
		labels = metrics_table[i].labels;
		kind = metrics_table[i].kind;
		if (strcmp(family, last) != 0)
			metrics_family(out, family, kind == METRIC_COUNTER ||
			    kind == METRIC_COUNTER_MS ? "counter" : "gauge",
			    metrics_table[i].help);
		last = family;
		metrics_line(out, "%s%s%s%s ", family,
		    *labels == '\0' ? "" : "{", labels,
		    *labels == '\0' ? "" : "}");
		value = kind == METRIC_COMMON ? metrics->common[i] :
		    metrics_sum(i);
		if (kind == METRIC_COUNTER_MS)
			metrics_line(out, METRICS_SECONDS "\n",
			    value / 1000, value % 1000);
		else
			metrics_line(out, "%" PRIu64 "\n", value);
	}
}

static void
metrics_render_requests(struct buffer *out)
{
	static const char	family[] = METRICS_PREFIX "requests_total";
	const char		*route;
	uint64_t		 n;
	size_t			 i, hundred;

	metrics_family(out, family, "counter",
	    "Requests answered; class 4xx holds those whose client left");
	for (i = 0; i < METRICS_ROUTES; i++) {
		if ((route = metrics->routes[i]) == NULL)
			return;
		for (hundred = 0; hundred < METRICS_CLASSES;
		    hundred++) {
			n = metrics_sum(CELL_REQUESTS + i * METRICS_CLASSES +
			    hundred);
			if (n > 0)
				metrics_line(out, "%s{route=\"%s\","
				    "class=\"%zuxx\"} %" PRIu64 "\n", family,
				    route, hundred + 1, n);
		}
	}
}

static void
metrics_render_durations(struct buffer *out)
{
	static const char	family[] = METRICS_PREFIX
				    "request_duration_seconds";
	static const char	*kinds[] = { "whole", "stream" };
	uint64_t		 n, ms;
	size_t			 i, kind, cell;

	metrics_family(out, family, "histogram",
	    "From a request's header to the end of its answer");
	for (kind = 0; kind < 2; kind++) {
		cell = CELL_DURATIONS + kind * CELL_KIND;
		for (i = 0, n = 0; i < METRICS_BOUNDS; i++) {
			n += metrics_sum(cell + i);
			metrics_line(out, "%s_bucket{kind=\"%s\",le=\""
			    METRICS_SECONDS "\"} %" PRIu64 "\n", family,
			    kinds[kind], metrics_bounds[i] / 1000,
			    metrics_bounds[i] % 1000, n);
		}
		n += metrics_sum(cell + METRICS_BOUNDS);
		ms = metrics_sum(cell + METRICS_BOUNDS + 1);
		metrics_line(out, "%s_bucket{kind=\"%s\",le=\"+Inf\"} %"
		    PRIu64 "\n", family, kinds[kind], n);
		metrics_line(out, "%s_sum{kind=\"%s\"} " METRICS_SECONDS
		    "\n", family, kinds[kind], ms / 1000, ms % 1000);
		metrics_line(out, "%s_count{kind=\"%s\"} %" PRIu64 "\n",
		    family, kinds[kind], n);
	}
}

static void
metrics_render_processes(struct buffer *out)
{
	static const char	family[] = METRICS_PREFIX
				    "process_resident_memory_bytes";
	uint64_t		starts = 0, workers = 0;
	int64_t			bytes;
	size_t			i;

	metrics_family(out, family, "gauge",
	    "Memory of a process, pages shared with others among it");
	if ((bytes = metrics_memory(metrics->parent)) != -1)
		metrics_line(out, "%s{process=\"parent\"} %" PRId64 "\n",
		    family, bytes);
	for (i = 0; i < METRICS_SLOTS; i++) {
		if (metrics->starts[i] == 0)
			continue;
		workers++;
		starts += metrics->starts[i];
		if ((bytes = metrics_memory(metrics->pids[i])) != -1)
			metrics_line(out, "%s{process=\"worker %zu\"} %"
			    PRId64 "\n", family, i, bytes);
	}
	metrics_family(out, METRICS_PREFIX "workers", "gauge",
	    "Worker processes");
	metrics_line(out, METRICS_PREFIX "workers %" PRIu64 "\n", workers);
	metrics_family(out, METRICS_PREFIX "worker_restarts_total", "counter",
	    "Workers that took the place of a lost one");
	metrics_line(out, METRICS_PREFIX "worker_restarts_total %" PRIu64
	    "\n", starts - workers);
	metrics_family(out, METRICS_PREFIX "start_time_seconds", "gauge",
	    "When the program was started, since the epoch");
	metrics_line(out, METRICS_PREFIX "start_time_seconds %" PRId64 "\n",
	    metrics->started);
	metrics_family(out, METRICS_PREFIX "build_info", "gauge",
	    "The program's version and that of its schema");
	metrics_line(out, METRICS_PREFIX "build_info{version=\""
	    LECTERN_VERSION "\",schema=\"%d\"} 1\n", metrics->schema);
}

/* Resident bytes, or -1. The file is the kernel's and never waits. */
static int64_t
metrics_memory(pid_t pid)
{
	char	text[128], *end;
	ssize_t	len;
	int	fd;

	(void)snprintf(text, sizeof(text), "/proc/%d/statm", (int)pid);
	if ((fd = open(text, O_RDONLY | O_CLOEXEC)) == -1)
		return (-1);
	len = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (len <= 0)
		return (-1);
	text[len] = '\0';
	/* The whole size comes first, in pages like all of them. */
	(void)strtoll(text, &end, 10);

	return (strtoll(end, NULL, 10) * sysconf(_SC_PAGESIZE));
}
