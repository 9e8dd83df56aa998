/*
 * Both ends of many streams, cheap enough to share two processors with the
 * server between them: a language model at a steady pace, and its readers.
 * One thread and epoll each; streams.mjs compiles and runs it.
 *
 *	streams model PORT TOKENS MS
 *		Answers POST with a streamed completion of TOKENS tokens, token
 *		k at its start + k * MS whatever came before; a request with
 *		max_tokens (titles) with one token at once. Each token holds one
 *		'~'. Ends when its input does.
 *	streams load PORT SECONDS FILE
 *		Opens a stream for each request in FILE (they lie behind each
 *		other, a NUL after each), evenly over SECONDS. Prints "opened N"
 *		after that, N being those that have not ended yet, and a line
 *		for each when it has ended: status, tokens, then milliseconds
 *		since it was asked: first event, first token, end; -1 what has
 *		not come. A stream that breaks off has status 0, one with an
 *		error event 1.
 */
#include <sys/epoll.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLOTS		1024	/* of a millisecond; a pace is shorter */
#define BUFFER		32768
#define CARRY		32	/* longest mark that is looked for */

struct stream {
	int		 fd, is_open;
	char		 in[BUFFER];
	size_t		 in_len;
	int		 tokens, wanted;	/* model: written; to write */
	double		 began, due;		/* milliseconds */
	struct stream	*next;			/* of its slot */
	/* Readers only. */
	const char	*request;
	int		 status, is_failed;
	double		 first, token;
};

static struct stream	*slots[SLOTS];
static int		 queue;

static double
now(void)
{
	struct timespec	t;

	clock_gettime(CLOCK_MONOTONIC, &t);

	return ((double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6);
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
watch(int fd, void *what)
{
	struct epoll_event	event = { .events = EPOLLIN,
				    .data.ptr = what };

	if (epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event) == -1)
		die("epoll_ctl");
}

static struct sockaddr_in
local(const char *port)
{
	struct sockaddr_in	address = { .sin_family = AF_INET };

	address.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

	return (address);
}

/* ---- the model ----------------------------------------------------------- */

#define EVENT	"data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\"," \
		"\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"

/* One chunk of the reply; a peer that has gone is seen when reading. */
static void
model_send(struct stream *s, const char *event, const char *end)
{
	char	out[1024];
	int	n;

	n = snprintf(out, sizeof(out), "%zx\r\n%s\r\n%s", strlen(event),
	    event, end);
	(void)send(s->fd, out, (size_t)n, MSG_NOSIGNAL);
}

static void
model_plan(struct stream *s)
{
	struct stream	**slot = &slots[(uint64_t)s->due % SLOTS];

	s->next = *slot;
	*slot = s;
}

static void
model_token(struct stream *s, int interval)
{
	char	event[512];

	s->tokens++;
	(void)snprintf(event, sizeof(event), EVENT "\"delta\":{\"content\":"
	    "\"word~%d%s\"},\"finish_reason\":null}]}\n\n", s->tokens,
	    s->tokens == s->wanted ? " [1]." : " ");
	if (s->tokens < s->wanted) {
		model_send(s, event, "");
		s->due = s->began + (double)(s->tokens + 1) * interval;
		model_plan(s);
		return;
	}
	model_send(s, event, "");
	model_send(s, EVENT "\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
	    "data: [DONE]\n\n", "0\r\n\r\n");
	s->wanted = 0;
}

/* A whole request lies in s->in. */
static void
model_answer(struct stream *s, int tokens, int interval)
{
	static const char	head[] = "HTTP/1.1 200 OK\r\n"
				    "content-type: text/event-stream\r\n"
				    "transfer-encoding: chunked\r\n\r\n";

	s->in_len = 0;
	s->tokens = 0;
	s->wanted = strstr(s->in, "\"max_tokens\"") != NULL ? 1 : tokens;
	(void)send(s->fd, head, sizeof(head) - 1, MSG_NOSIGNAL | MSG_MORE);
	model_send(s, EVENT "\"delta\":{\"role\":\"assistant\","
	    "\"content\":\"\"},\"finish_reason\":null}]}\n\n", "");
	s->began = now();
	s->due = s->began + interval;
	if (s->wanted == 1)
		model_token(s, interval);
	else
		model_plan(s);
}

static void
model_close(struct stream *s)
{
	if (s->is_open)
		(void)close(s->fd);
	s->is_open = 0;
	/* One that is planned goes when its time comes. */
	if (s->wanted == 0)
		free(s);
}

static void
model_read(struct stream *s, int tokens, int interval)
{
	const char	*body, *length;
	ssize_t		 n;

	n = recv(s->fd, s->in + s->in_len, BUFFER - 1 - s->in_len, 0);
	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			model_close(s);
		return;
	}
	s->in_len += (size_t)n;
	s->in[s->in_len] = '\0';
	if ((body = strstr(s->in, "\r\n\r\n")) == NULL)
		return;
	length = strcasestr(s->in, "content-length:");
	if (length == NULL || s->in_len >= (size_t)(body + 4 - s->in) +
	    strtoul(length + 15, NULL, 10))
		model_answer(s, tokens, interval);
}

/* Everything that is due by now, in the slots since the last time. */
static void
model_turn(uint64_t *last, int interval)
{
	const uint64_t	 time = (uint64_t)now();
	struct stream	*s, *next;

	for (; *last <= time; (*last)++) {
		s = slots[*last % SLOTS];
		slots[*last % SLOTS] = NULL;
		for (; s != NULL; s = next) {
			next = s->next;
			if (!s->is_open)
				free(s);
			else if (s->due > (double)*last + 1)
				model_plan(s);
			else
				model_token(s, interval);
		}
	}
}

static void
model_accept(int server)
{
	struct stream	*s;
	const int	 one = 1;
	int		 fd;

	while ((fd = accept4(server, NULL, NULL, SOCK_NONBLOCK)) != -1) {
		if ((s = calloc(1, sizeof(*s))) == NULL)
			die("calloc");
		s->fd = fd;
		s->is_open = 1;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof(one));
		watch(fd, s);
	}
}

static int
model(const char *port, int tokens, int interval)
{
	struct sockaddr_in	address = local(port);
	struct epoll_event	events[256];
	uint64_t		last = (uint64_t)now();
	const int		one = 1;
	int			server, i, n;
	char			c;

	server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	(void)setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(server, (struct sockaddr *)&address, sizeof(address)) == -1 ||
	    listen(server, 4096) == -1)
		die("listen");
	watch(server, &server);
	watch(STDIN_FILENO, &queue);
	(void)puts("ready");
	(void)fflush(stdout);

	for (;;) {
		n = epoll_wait(queue, events, 256, 1);
		for (i = 0; i < n; i++) {
			if (events[i].data.ptr == &server)
				model_accept(server);
			else if (events[i].data.ptr == &queue) {
				if (read(STDIN_FILENO, &c, 1) <= 0)
					return (0);
			} else
				model_read(events[i].data.ptr, tokens,
				    interval);
		}
		model_turn(&last, interval);
	}
}

/* ---- the readers --------------------------------------------------------- */

static void
load_open(struct stream *s, const char *port)
{
	struct sockaddr_in	address = local(port);
	const size_t		len = strlen(s->request);

	s->first = s->token = -1;
	s->began = now();
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (s->fd == -1 || connect(s->fd, (struct sockaddr *)&address,
	    sizeof(address)) == -1 ||
	    send(s->fd, s->request, len, MSG_NOSIGNAL) != (ssize_t)len)
		die("connect");
	(void)fcntl(s->fd, F_SETFL, O_NONBLOCK);
	s->is_open = 1;
	watch(s->fd, s);
}

/* Counts a mark in what is new; `old` bytes were seen before. */
static int
load_count(const struct stream *s, size_t old, const char *mark)
{
	const size_t	 len = strlen(mark);
	const char	*p = s->in + (old >= len - 1 ? old - (len - 1) : 0);
	int		 n = 0;

	while ((p = memmem(p, (size_t)(s->in + s->in_len - p), mark, len)) !=
	    NULL) {
		n++;
		p += len;
	}

	return (n);
}

static void
load_end(struct stream *s, int is_whole)
{
	(void)printf("%d %d %.1f %.1f %.1f\n", !is_whole ? 0 :
	    s->is_failed ? 1 : s->status, s->tokens, s->first, s->token,
	    now() - s->began);
	(void)close(s->fd);
	s->is_open = 0;
}

/* 1 when the stream has ended. */
static int
load_read(struct stream *s)
{
	size_t	old = s->in_len;
	ssize_t	n;
	int	found;

	n = recv(s->fd, s->in + s->in_len, BUFFER - s->in_len, 0);
	if (n <= 0) {
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return (0);
		load_end(s, 0);
		return (1);
	}
	s->in_len += (size_t)n;
	if (s->status == 0 && s->in_len > 12)
		s->status = (int)strtol(s->in + 9, NULL, 10);
	if (s->first < 0 && load_count(s, old, "data: ") > 0)
		s->first = now() - s->began;
	if ((found = load_count(s, old, "~")) > 0 && s->token < 0)
		s->token = now() - s->began;
	s->tokens += found;
	s->is_failed |= load_count(s, old, "\"type\":\"error\"") > 0;
	if (load_count(s, old, "data: [DONE]") > 0 ||
	    (s->status != 0 && s->status != 200)) {
		load_end(s, 1);
		return (1);
	}
	if (s->in_len > CARRY) {
		memmove(s->in, s->in + s->in_len - CARRY, CARRY);
		s->in_len = CARRY;
	}

	return (0);
}

static char *
load_file(const char *path, size_t *len)
{
	FILE	*file = fopen(path, "rb");
	char	*text;
	long	 size;

	if (file == NULL || fseek(file, 0, SEEK_END) == -1 ||
	    (size = ftell(file)) <= 0 || (text = malloc((size_t)size)) == NULL)
		die(path);
	rewind(file);
	*len = fread(text, 1, (size_t)size, file);
	(void)fclose(file);

	return (text);
}

static int
load(const char *port, double seconds, const char *path)
{
	struct epoll_event	 events[256];
	struct stream		*streams;
	size_t			 len, at, count = 0, opened = 0, ended = 0;
	const char		*text = load_file(path, &len);
	double			 began;
	int			 i, n, is_opened = 0;

	for (at = 0; at < len; at++)
		count += text[at] == '\0';
	if ((streams = calloc(count, sizeof(*streams))) == NULL)
		die("calloc");
	for (at = 0; opened < count; at += strlen(text + at) + 1)
		streams[opened++].request = text + at;

	opened = 0;
	began = now();
	while (ended < count) {
		while (opened < count && now() - began >=
		    seconds * 1e3 * (double)opened / (double)count)
			load_open(&streams[opened++], port);
		if (!is_opened && opened == count) {
			is_opened = 1;
			(void)printf("opened %zu\n", count - ended);
			(void)fflush(stdout);
		}
		n = epoll_wait(queue, events, 256, is_opened ? 100 : 1);
		for (i = 0; i < n; i++)
			ended += (size_t)load_read(events[i].data.ptr);
	}

	return (0);
}

int
main(int argc, char **argv)
{
	if ((queue = epoll_create1(0)) == -1)
		die("epoll_create1");
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc == 5 && strcmp(argv[1], "model") == 0)
		return (model(argv[2], (int)strtol(argv[3], NULL, 10),
		    (int)strtol(argv[4], NULL, 10)));
	if (argc == 5 && strcmp(argv[1], "load") == 0)
		return (load(argv[2], strtod(argv[3], NULL), argv[4]));
	(void)fprintf(stderr, "usage: streams model PORT TOKENS MS | "
	    "streams load PORT SECONDS FILE\n");

	return (2);
}
