/*
 * The log: one JSON object a line. Lines leave whole, by writes short enough
 * for a pipe to keep together, so that those of several processes and threads
 * never mix. Kore's own messages come through the linker (__wrap_kore_log) in
 * the same form.
 *
 * A worker's lines about requests gather until its event loop's next tick
 * (log_flush()), which under load spares a system call a request; everything
 * else is written at once.
 *
 * Deliberately missing: any way to log a body, a header or a query string.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <kore/kore.h>

#include "log.h"

#define LOG_LINE_MAX	1024
#define LOG_GATHERED_MAX	4096	/* PIPE_BUF: what a pipe keeps whole */

/* A line in the making; what does not fit is cut, the end always fits. */
struct log_line {
	char	text[LOG_LINE_MAX + 4];
	size_t	len;
};

static enum log_level	log_level = LOG_LEVEL_INFO;
static char		log_gathered[LOG_GATHERED_MAX];
static size_t		log_gathered_len;

static void	log_begin(struct log_line *, enum log_level);
static void	log_add(struct log_line *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));
static void	log_add_string(struct log_line *, const char *);
static void	log_end(struct log_line *);

void	__wrap_kore_log(int, const char *, ...)
	    __attribute__((format(printf, 2, 3)));

void
log_set_level(enum log_level level)
{
	log_level = level;
}

int
log_is_on(enum log_level level)
{
	return (level >= log_level);
}

void
log_event(enum log_level level, const char *format, ...)
{
	struct log_line	line;
	char		message[LOG_LINE_MAX / 2];
	va_list		args;

	if (!log_is_on(level))
		return;
	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);

	log_begin(&line, level);
	log_add(&line, ",\"message\":");
	log_add_string(&line, message);
	log_end(&line);
	if (write(STDOUT_FILENO, line.text, line.len) == -1)
		return;
}

void
log_request(const char *id, const char *route, const char *method, int status,
    uint64_t ms, int is_stream, const char *user_id)
{
	const int		is_slow = !is_stream && ms >= LOG_SLOW_MS;
	const enum log_level	level = is_slow ? LOG_LEVEL_WARN :
				    LOG_LEVEL_INFO;
	struct log_line		line;

	if (!log_is_on(level))
		return;
	log_begin(&line, level);
	log_add(&line, ",\"request\":\"%s\",\"route\":", id);
	log_add_string(&line, route);
	log_add(&line, ",\"method\":\"%s\",\"status\":%d,\"ms\":%" PRIu64,
	    method, status, ms);
	if (is_slow)
		log_add(&line, ",\"slow\":\"request\"");
	if (user_id != NULL)
		log_add(&line, ",\"user\":\"%s\"", user_id);
	log_end(&line);
	if (log_gathered_len + line.len > sizeof(log_gathered))
		log_flush();
	memcpy(log_gathered + log_gathered_len, line.text, line.len);
	log_gathered_len += line.len;
}

void
log_statement(const char *id, const char *name, uint64_t wait_ms, uint64_t ms)
{
	struct log_line	line;

	if (!log_is_on(LOG_LEVEL_WARN))
		return;
	log_begin(&line, LOG_LEVEL_WARN);
	if (id != NULL)
		log_add(&line, ",\"request\":\"%s\"", id);
	log_add(&line, ",\"slow\":\"statement\",\"statement\":\"%s\","
	    "\"wait_ms\":%" PRIu64 ",\"ms\":%" PRIu64, name, wait_ms, ms);
	log_end(&line);
	if (write(STDOUT_FILENO, line.text, line.len) == -1)
		return;
}

void
log_flush(void)
{
	size_t	len = log_gathered_len;

	log_gathered_len = 0;
	/* A full pipe or a closed one must not stop the server. */
	if (len > 0 && write(STDOUT_FILENO, log_gathered, len) == -1)
		return;
}

/* Kore's messages, whatever their object file. */
void
__wrap_kore_log(int priority, const char *format, ...)
{
	char	message[LOG_LINE_MAX / 2];
	va_list	args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	log_event(priority <= LOG_ERR ? LOG_LEVEL_ERROR :
	    priority <= LOG_WARNING ? LOG_LEVEL_WARN : LOG_LEVEL_INFO,
	    "kore: %s", message);
}

static void
log_begin(struct log_line *line, enum log_level level)
{
	static const char * const	names[] = {
	    "debug", "info", "warn", "error" };
	struct timespec			now;
	struct tm			tm;
	char				date[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	line->len = 0;
	log_add(line, "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\",\"pid\":%d",
	    date, now.tv_nsec / 1000000, names[level], (int)kore_pid);
}

static void
log_add(struct log_line *line, const char *format, ...)
{
	va_list	args;
	size_t	left = LOG_LINE_MAX - line->len;
	int	n;

	va_start(args, format);
	n = vsnprintf(line->text + line->len, left, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < left)
		line->len += (size_t)n;
}

static void
log_add_string(struct log_line *line, const char *text)
{
	const char	*p;

	log_add(line, "\"");
	for (p = text; *p != '\0' && line->len < LOG_LINE_MAX - 64; p++) {
		if (*p == '"' || *p == '\\')
			log_add(line, "\\%c", *p);
		else if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			log_add(line, "\\u%04x", (unsigned char)*p);
		else
			line->text[line->len++] = *p;
	}
	log_add(line, "\"");
}

static void
log_end(struct log_line *line)
{
	line->text[line->len++] = '}';
	line->text[line->len++] = '\n';
}
