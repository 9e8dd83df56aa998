/*
 * The text of /metrics, from the cells of all workers. Series that never
 * counted are left out where there may be many of them (requests by route and
 * status, their durations, errors), so that the page stays short.
 */
#include <sys/types.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "metrics.h"
#include "metricscell.h"
#include "metricstext.h"

#define PREFIX	"lectern_"
#define SECONDS	"%" PRIu64 ".%03" PRIu64	/* of ms */

struct metricstext_row {
	enum metric_kind	 kind;
	const char		*family;
	const char		*labels;
	const char		*help;
};

static const struct metricstext_row	metricstext_values[METRIC_COUNT] = {
#define METRIC_ROW(name, kind, family, labels, help)	\
	{ kind, PREFIX family, labels, help },
	METRIC_LIST(METRIC_ROW)
#undef METRIC_ROW
};

static const struct metricstext_row	metricstext_timings[TIMING_COUNT] = {
#define TIMING_ROW(name, family, labels, help)	\
	{ METRIC_COUNTER_MS, PREFIX family, labels, help },
	TIMING_LIST(TIMING_ROW)
#undef TIMING_ROW
};

static void	metricstext_line(struct buffer *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));
static void	metricstext_family(struct buffer *, const char *,
		    const char *, const char *);
static uint64_t	metricstext_sum(size_t);
static void	metricstext_histogram(struct buffer *, const char *,
		    const char *, size_t);
static void	metricstext_all_values(struct buffer *);
static void	metricstext_requests(struct buffer *);
static void	metricstext_durations(struct buffer *);
static void	metricstext_all_timings(struct buffer *);
static void	metricstext_errors(struct buffer *);
static void	metricstext_error_code(enum error_id, char *, size_t);
static void	metricstext_memory(struct buffer *);
static void	metricstext_program(struct buffer *);
static int64_t	metricstext_resident(pid_t);

void
metricstext_render(struct buffer *out)
{
	metricstext_all_values(out);
	metricstext_requests(out);
	metricstext_durations(out);
	metricstext_all_timings(out);
	metricstext_errors(out);
	metricstext_memory(out);
	metricstext_program(out);
}

static void
metricstext_line(struct buffer *out, const char *format, ...)
{
	char	line[256];
	va_list	args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	buffer_add_text(out, line);
}

static void
metricstext_family(struct buffer *out, const char *family, const char *type,
    const char *help)
{
	metricstext_line(out, "# HELP %s %s\n# TYPE %s %s\n", family, help,
	    family, type);
}

static uint64_t
metricstext_sum(size_t cell)
{
	uint64_t	sum = 0;
	size_t		i;

	for (i = 0; i < METRICS_SLOTS; i++) {
		if (metrics->starts[i] > 0)
			sum += metrics->slots[i].cells[cell];
	}

	return (sum);
}

/* `labels` without braces, at least one. */
static void
metricstext_histogram(struct buffer *out, const char *family,
    const char *labels, size_t cell)
{
	uint64_t	ms, n = 0;
	size_t		i;

	for (i = 0; i < METRICS_BOUNDS; i++) {
		n += metricstext_sum(cell + i);
		metricstext_line(out, "%s_bucket{%s,le=\"" SECONDS "\"} %"
		    PRIu64 "\n", family, labels, metrics_bounds[i] / 1000,
		    metrics_bounds[i] % 1000, n);
	}
	n += metricstext_sum(cell + METRICS_BOUNDS);
	ms = metricstext_sum(cell + METRICS_BOUNDS + 1);
	metricstext_line(out, "%s_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n",
	    family, labels, n);
	metricstext_line(out, "%s_sum{%s} " SECONDS "\n", family, labels,
	    ms / 1000, ms % 1000);
	metricstext_line(out, "%s_count{%s} %" PRIu64 "\n", family, labels,
	    n);
}

static void
metricstext_all_values(struct buffer *out)
{
	const struct metricstext_row	*row;
	const char			*last = "";
	uint64_t			 value;
	size_t				 i;

	for (i = 0; i < METRIC_COUNT; i++) {
		row = &metricstext_values[i];
		if (strcmp(row->family, last) != 0)
			metricstext_family(out, row->family,
			    row->kind == METRIC_COUNTER ||
			    row->kind == METRIC_COUNTER_MS ? "counter" :
			    "gauge", row->help);
		last = row->family;
		metricstext_line(out, "%s%s%s%s ", row->family,
		    *row->labels == '\0' ? "" : "{", row->labels,
		    *row->labels == '\0' ? "" : "}");
		value = row->kind == METRIC_COMMON ? metrics->common[i] :
		    metricstext_sum(i);
		if (row->kind == METRIC_COUNTER_MS)
			metricstext_line(out, SECONDS "\n", value / 1000,
			    value % 1000);
		else
			metricstext_line(out, "%" PRIu64 "\n", value);
	}
}

static void
metricstext_requests(struct buffer *out)
{
	static const char	family[] = PREFIX "requests_total";
	const char		*route;
	uint64_t		 n;
	size_t			 i, status;

	metricstext_family(out, family, "counter", "Requests answered; "
	    "status 499 is that of clients which left");
	for (i = 0; i < METRICS_ROUTES; i++) {
		if ((route = metrics->routes[i]) == NULL)
			return;
		for (status = 0; status < METRICS_STATUSES; status++) {
			if (metrics->statuses[status] == 0)
				break;
			n = metricstext_sum(CELL_REQUESTS +
			    i * METRICS_STATUSES + status);
			if (n > 0)
				metricstext_line(out, "%s{route=\"%s\","
				    "status=\"%d\"} %" PRIu64 "\n", family,
				    route, metrics->statuses[status], n);
		}
	}
}

static void
metricstext_durations(struct buffer *out)
{
	static const char	family[] = PREFIX
				    "request_duration_seconds";
	static const char	*kinds[] = { "whole", "stream" };
	char			 labels[128];
	uint64_t		 n;
	size_t			 i, j, kind, cell;

	metricstext_family(out, family, "histogram", "From a request's header "
	    "to the end of its answer; streams apart");
	for (i = 0; i < METRICS_ROUTES && metrics->routes[i] != NULL; i++) {
		for (kind = 0; kind < 2; kind++) {
			cell = CELL_DURATIONS + (i * 2 + kind) * CELL_KIND;
			for (j = 0, n = 0; j <= METRICS_BOUNDS; j++)
				n += metricstext_sum(cell + j);
			if (n == 0)
				continue;
			(void)snprintf(labels, sizeof(labels),
			    "route=\"%s\",kind=\"%s\"", metrics->routes[i],
			    kinds[kind]);
			metricstext_histogram(out, family, labels, cell);
		}
	}
}

static void
metricstext_all_timings(struct buffer *out)
{
	const struct metricstext_row	*row;
	const char			*last = "";
	size_t				 i;

	for (i = 0; i < TIMING_COUNT; i++) {
		row = &metricstext_timings[i];
		if (strcmp(row->family, last) != 0)
			metricstext_family(out, row->family, "histogram",
			    row->help);
		last = row->family;
		metricstext_histogram(out, row->family, row->labels,
		    CELL_TIMINGS + i * CELL_KIND);
	}
}

/* Some codes stand for several errors, and some errors have none. */
static void
metricstext_errors(struct buffer *out)
{
	static const char	family[] = PREFIX "errors_total";
	char			code[64], other[64];
	uint64_t		n;
	size_t			i, j;

	metricstext_family(out, family, "counter", "Errors told to clients, "
	    "by their code; limits and quotas are among them");
	for (i = 0; i < ERROR_COUNT; i++) {
		metricstext_error_code((enum error_id)i, code, sizeof(code));
		for (j = 0; j < i; j++) {
			metricstext_error_code((enum error_id)j, other,
			    sizeof(other));
			if (strcmp(other, code) == 0)
				break;
		}
		if (j < i)
			continue;
		for (n = 0; j < ERROR_COUNT; j++) {
			metricstext_error_code((enum error_id)j, other,
			    sizeof(other));
			if (strcmp(other, code) == 0)
				n += metricstext_sum(CELL_ERRORS + j);
		}
		if (n > 0)
			metricstext_line(out, "%s{code=\"%s\"} %" PRIu64
			    "\n", family, code, n);
	}
}

static void
metricstext_error_code(enum error_id error, char *out, size_t size)
{
	const struct error_info	*info = error_info(error);

	if (info->code != NULL)
		(void)snprintf(out, size, "%s", info->code);
	else
		(void)snprintf(out, size, "HTTP_%d", info->status);
}

static void
metricstext_memory(struct buffer *out)
{
	static const char	family[] = PREFIX
				    "process_resident_memory_bytes";
	int64_t			bytes;
	size_t			i;

	metricstext_family(out, family, "gauge",
	    "Memory of a process, pages shared with others among it");
	if ((bytes = metricstext_resident(metrics->parent)) != -1)
		metricstext_line(out, "%s{process=\"parent\"} %" PRId64 "\n",
		    family, bytes);
	for (i = 0; i < METRICS_SLOTS; i++) {
		if (metrics->starts[i] > 0 &&
		    (bytes = metricstext_resident(metrics->pids[i])) != -1)
			metricstext_line(out, "%s{process=\"worker %zu\"} %"
			    PRId64 "\n", family, i, bytes);
	}
}

static void
metricstext_program(struct buffer *out)
{
	uint64_t	starts = 0, workers = 0;
	size_t		i;

	for (i = 0; i < METRICS_SLOTS; i++) {
		starts += metrics->starts[i];
		workers += metrics->starts[i] > 0;
	}
	metricstext_family(out, PREFIX "workers", "gauge",
	    "Worker processes");
	metricstext_line(out, PREFIX "workers %" PRIu64 "\n", workers);
	metricstext_family(out, PREFIX "worker_restarts_total", "counter",
	    "Workers that took the place of a lost one");
	metricstext_line(out, PREFIX "worker_restarts_total %" PRIu64 "\n",
	    starts - workers);
	metricstext_family(out, PREFIX "start_time_seconds", "gauge",
	    "When the program was started, since the epoch");
	metricstext_line(out, PREFIX "start_time_seconds %" PRId64 "\n",
	    (int64_t)metrics->started);
	metricstext_family(out, PREFIX "build_info", "gauge",
	    "The program's version and that of its schema");
	metricstext_line(out, PREFIX "build_info{version=\""
	    LECTERN_VERSION "\",schema=\"%d\"} 1\n", metrics->schema);
}

/* Resident bytes, or -1. The file is the kernel's and never waits. */
static int64_t
metricstext_resident(pid_t pid)
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
