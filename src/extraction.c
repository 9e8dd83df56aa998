/*
 * The extractor's processes:
 *
 *	keeper		starts the extractor, and again should it die
 *	extractor	takes requests, starts a child for each, no more than
 *			EXTRACTION_CHILDS at a time; parses nothing
 *	child		reads the bytes, goes to jail, parses, answers
 *	pdftotext	of poppler-utils, in a jail of its own, for a PDF:
 *			a program, as its licence is not ours
 *
 * The extractor is this program executed anew, so that none of them holds
 * the server's memory, environment or descriptors. Each dies with the one
 * that started it. What a child says is a number, and text that the asker
 * checks; a child that dies without a word read a damaged file.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libxml/parser.h>

#include "docxtext.h"
#include "extraction.h"
#include "htmltext.h"
#include "intake.h"
#include "jail.h"
#include "mdwrite.h"
#include "pdftext.h"
#include "utf8.h"

#define EXTRACTION_CHILDS	2
#define EXTRACTION_PAUSE_NS	100000000	/* before it starts again */
#define EXTRACTION_SAID_SIZE	2048	/* of a program's messages */
#define EXTRACTION_PRINT_MAX	(192 * 1024 * 1024)	/* of pdftotext */
#define EXTRACTION_PDFTOTEXT	"/usr/bin/pdftotext"

/* pdftotext, running. */
struct extraction_program {
	pid_t	pid;
	int	out, err;		/* to read */
};

struct extraction {
	int				 fd;	/* to the asker */
	enum extraction_format		 format;
	struct buffer			 bytes;	/* the document */
	struct extraction_program	 program;
	struct mdwrite			 w;
	uint64_t			*pages;
	size_t				 pages_len;
};

static void	extraction_keep(void);
static int	extraction_take(enum extraction_format *);
static void	extraction_child(int, enum extraction_format, pid_t)
		    __attribute__((noreturn));
static void	extraction_bind(pid_t);
static void	extraction_over(int);
static int	extraction_bytes(struct extraction *);
static int	extraction_start(struct extraction *);
static void	extraction_execute(int, int, int, pid_t)
		    __attribute__((noreturn));
static enum extraction_outcome extraction_read(struct extraction *);
static enum extraction_outcome extraction_pdf(struct extraction *);
static void	extraction_add(struct buffer *, char *, size_t);
static int	extraction_collect(struct extraction_program *,
		    struct buffer *, struct buffer *);
static void	extraction_answer(struct extraction *,
		    enum extraction_outcome) __attribute__((noreturn));
static int	extraction_write(int, const void *, size_t);

static int	extraction_asker;	/* for the signal handler */

int
extraction_main(void)
{
	enum extraction_format	format;
	pid_t			self;
	int			fd, childs = 0;

	/* Signals to the group are for the server, which ends us. */
	extraction_bind(0);
	/* What Kore has opened on its way here. */
	(void)close_range(EXTRACTION_FD + 1, ~0U, 0);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	extraction_keep();
	self = getpid();
	xmlInitParser();

	while ((fd = extraction_take(&format)) != -1) {
		if (fd == -2)
			continue;
		while (childs > 0 && waitpid(-1, NULL, WNOHANG) > 0)
			childs--;
		while (childs >= EXTRACTION_CHILDS) {
			if (waitpid(-1, NULL, 0) == -1 && errno != EINTR)
				break;
			childs--;
		}
		switch (fork()) {
		case -1:
			/* The asker sees the end, and asks again later. */
			break;
		case 0:
			extraction_child(fd, format, self);
		default:
			childs++;
		}
		(void)close(fd);
	}

	return (0);
}

/* Returns in the extractor alone; the keeper ends when it has ended well. */
static void
extraction_keep(void)
{
	const struct timespec	pause = { .tv_nsec = EXTRACTION_PAUSE_NS };
	pid_t			self = getpid(), pid;
	int			status;

	for (;;) {
		if ((pid = fork()) == 0) {
			extraction_bind(self);
			return;
		}
		while (pid != -1 && waitpid(pid, &status, 0) == -1 &&
		    errno == EINTR)
			;
		if (pid != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
			_exit(0);
		(void)nanosleep(&pause, NULL);
	}
}

/* The socket of the next request, -2 for what is none, -1 at the end. */
static int
extraction_take(enum extraction_format *format)
{
	union {
		struct cmsghdr	head;
		char		space[CMSG_SPACE(sizeof(int))];
	} control;
	unsigned char	what;
	struct iovec	io = { .iov_base = &what, .iov_len = 1 };
	struct msghdr	message = { .msg_iov = &io, .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr	*head;
	ssize_t		n;
	int		fd;

	n = recvmsg(EXTRACTION_FD, &message, MSG_CMSG_CLOEXEC);
	if (n == -1 && errno == EINTR)
		return (-2);
	if (n <= 0)
		return (-1);
	head = CMSG_FIRSTHDR(&message);
	if (head == NULL || head->cmsg_type != SCM_RIGHTS)
		return (-2);
	memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	if (what >= EXTRACTION_FORMATS) {
		(void)close(fd);
		return (-2);
	}
	*format = (enum extraction_format)what;

	return (fd);
}

/* Dies with its parent, `parent` (0: any). */
static void
extraction_bind(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 ||
	    (parent != 0 && getppid() != parent))
		_exit(1);
}

static void
extraction_child(int fd, enum extraction_format format, pid_t parent)
{
	struct extraction	e;
	struct sigaction	action;
	int			score;

	extraction_bind(parent);
	memset(&e, 0, sizeof(e));
	e.fd = extraction_asker = fd;
	e.format = format;
	memset(&action, 0, sizeof(action));
	action.sa_handler = extraction_over;
	(void)sigaction(SIGALRM, &action, NULL);
	(void)sigaction(SIGXCPU, &action, NULL);
	(void)alarm(JAIL_WALL_SECONDS);
	/* If memory runs out on this machine, it is to be here. */
	if ((score = open("/proc/self/oom_score_adj",
	    O_WRONLY | O_CLOEXEC)) != -1) {
		(void)!write(score, "1000", 4);
		(void)close(score);
	}
	(void)close(EXTRACTION_FD);

	if (extraction_bytes(&e) == -1)
		_exit(1);
	if (e.format == EXTRACTION_HTML)
		htmltext_prepare(e.bytes.data, e.bytes.len);
	else if (e.format == EXTRACTION_PDF && extraction_start(&e) == -1)
		_exit(1);
	if (jail_enter(JAIL_PARSER) == -1)
		_exit(1);
	extraction_answer(&e, extraction_read(&e));
}

/* Time is over: says so and is gone. Calls nothing that is not allowed. */
static void
extraction_over(int signal_number)
{
	const struct extraction_reply	reply = { .outcome = EXTRACTION_SLOW };

	(void)signal_number;
	(void)!write(extraction_asker, &reply, sizeof(reply));
	_exit(1);
}

static int
extraction_bytes(struct extraction *e)
{
	char	piece[65536];
	ssize_t	n;

	while ((n = read(e->fd, piece, sizeof(piece))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 || e->bytes.len + (size_t)n > INTAKE_BYTES_MAX)
			return (-1);
		buffer_add(&e->bytes, piece, (size_t)n);
	}

	return (e->bytes.has_failed || e->bytes.len == 0 ? -1 : 0);
}

static enum extraction_outcome
extraction_read(struct extraction *e)
{
	enum extraction_outcome	outcome;

	switch (e->format) {
	case EXTRACTION_HTML:
		outcome = htmltext_read(&e->w, e->bytes.data, e->bytes.len);
		break;
	case EXTRACTION_DOCX:
		outcome = docxtext_read(&e->w, e->bytes.data, e->bytes.len);
		break;
	default:
		outcome = extraction_pdf(e);
		break;
	}
	if (outcome != EXTRACTION_OK)
		return (outcome);
	if (e->w.is_full || e->w.out.len > EXTRACTION_TEXT_MAX)
		return (EXTRACTION_LARGE);
	if (e->w.out.has_failed || e->w.line.has_failed || e->w.row.has_failed)
		return (EXTRACTION_MEMORY);
	if (utf8_skip_blanks(e->w.out.data, e->w.out.len, 0) == e->w.out.len)
		return (e->format == EXTRACTION_PDF ? EXTRACTION_SCANNED :
		    EXTRACTION_EMPTY);

	return (EXTRACTION_OK);
}

static void
extraction_answer(struct extraction *e, enum extraction_outcome outcome)
{
	struct extraction_reply	reply = { .outcome = outcome };

	/* From here on the handler would answer into an answer. */
	(void)alarm(0);
	if (outcome == EXTRACTION_OK) {
		reply.len = e->w.out.len;
		reply.pages = (uint32_t)e->pages_len;
	}
	if (extraction_write(e->fd, &reply, sizeof(reply)) == 0 &&
	    outcome == EXTRACTION_OK &&
	    extraction_write(e->fd, e->w.out.data, e->w.out.len) == 0)
		(void)extraction_write(e->fd, e->pages,
		    e->pages_len * sizeof(*e->pages));
	_exit(0);
}

static int
extraction_write(int fd, const void *data, size_t len)
{
	const char	*at = data;
	ssize_t		 n;

	while (len > 0) {
		n = send(fd, at, len, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return (-1);
		at += n;
		len -= (size_t)n;
	}

	return (0);
}

/* ---- PDF ---- */

static int
extraction_start(struct extraction *e)
{
	pid_t	self = getpid();
	int	in, out[2], err[2];

	if ((in = memfd_create("document", MFD_CLOEXEC)) == -1 ||
	    pipe2(out, O_CLOEXEC) == -1 || pipe2(err, O_CLOEXEC) == -1 ||
	    write(in, e->bytes.data, e->bytes.len) != (ssize_t)e->bytes.len ||
	    lseek(in, 0, SEEK_SET) == -1)
		return (-1);
	switch (e->program.pid = fork()) {
	case -1:
		return (-1);
	case 0:
		extraction_execute(in, out[1], err[1], self);
	}
	(void)close(in);
	(void)close(out[1]);
	(void)close(err[1]);
	e->program.out = out[0];
	e->program.err = err[0];

	return (0);
}

static void
extraction_execute(int in, int out, int err, pid_t parent)
{
	char	name[] = "pdftotext", option[] = "-enc", encoding[] = "UTF-8";
	char	layout[] = "-bbox-layout", standard[] = "-";
	char	locale[] = "LC_ALL=C.UTF-8";
	char	*arguments[] = { name, option, encoding, layout, standard,
		    standard, NULL };
	char	*environment[] = { locale, NULL };

	extraction_bind(parent);
	if (dup2(in, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1 ||
	    dup2(err, STDERR_FILENO) == -1 ||
	    close_range(STDERR_FILENO + 1, ~0U, 0) == -1 ||
	    jail_enter(JAIL_PROGRAM) == -1)
		_exit(1);
	(void)execve(EXTRACTION_PDFTOTEXT, arguments, environment);
	_exit(127);
}

static enum extraction_outcome
extraction_pdf(struct extraction *e)
{
	struct buffer		text = { 0 }, said = { 0 };
	enum extraction_outcome	outcome;
	int			status = 0;

	if (extraction_collect(&e->program, &text, &said) == -1)
		return (EXTRACTION_LARGE);
	if (waitpid(e->program.pid, &status, 0) == -1)
		return (EXTRACTION_DAMAGED);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		return (EXTRACTION_SLOW);
	if (strstr(buffer_text(&said), "bad_alloc") != NULL ||
	    strstr(buffer_text(&said), "Out of memory") != NULL)
		return (EXTRACTION_MEMORY);
	if (strstr(buffer_text(&said), "Incorrect password") != NULL)
		return (EXTRACTION_LOCKED);
	if (!WIFEXITED(status))
		return (EXTRACTION_DAMAGED);
	switch (WEXITSTATUS(status)) {
	case 0:
		break;
	case 3:
		return (EXTRACTION_FORBIDDEN);
	case 127:
		return (EXTRACTION_MISSING);
	default:
		return (EXTRACTION_DAMAGED);
	}
	e->pages = calloc(EXTRACTION_PAGES_MAX, sizeof(*e->pages));
	if (text.has_failed || e->pages == NULL)
		return (EXTRACTION_MEMORY);
	outcome = pdftext_read(&e->w, buffer_text(&text), text.len, e->pages,
	    &e->pages_len);
	buffer_free(&text);
	buffer_free(&said);

	return (outcome);
}

/* XML has no control characters, and pdftotext prints those of a file. */
static void
extraction_add(struct buffer *text, char *piece, size_t len)
{
	size_t	i;

	for (i = 0; i < len; i++)
		if ((unsigned char)piece[i] < ' ' && piece[i] != '\n')
			piece[i] = ' ';
	buffer_add(text, piece, len);
}

/* Reads both pipes to their ends. -1: there is more than we take. */
static int
extraction_collect(struct extraction_program *program, struct buffer *text,
    struct buffer *said)
{
	char		piece[65536];
	struct pollfd	polls[2] = {
		{ .fd = program->out, .events = POLLIN },
		{ .fd = program->err, .events = POLLIN }
	};
	ssize_t		n;
	int		i;

	while (polls[0].fd != -1 || polls[1].fd != -1) {
		if (poll(polls, 2, -1) == -1)
			continue;
		for (i = 0; i < 2; i++) {
			if (polls[i].fd == -1 || polls[i].revents == 0)
				continue;
			n = read(polls[i].fd, piece, sizeof(piece));
			if (n <= 0)
				polls[i].fd = -1;
			else if (i == 0)
				extraction_add(text, piece, (size_t)n);
			else if (said->len < EXTRACTION_SAID_SIZE)
				buffer_add(said, piece, (size_t)n);
		}
		if (text->len > EXTRACTION_PRINT_MAX)
			return (-1);
	}

	return (0);
}
