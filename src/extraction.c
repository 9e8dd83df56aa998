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
 * checks. For a child that a signal ended before it said anything the
 * extractor answers: the file did that to it. Silence is trouble of ours, or
 * somebody's SIGKILL: the asker comes again.
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

/* A child that works, as the extractor knows it. */
struct extraction_work {
	pid_t			 pid;		/* 0: none */
	int			 fd;		/* to its asker */
	volatile int		*has_answered;	/* shared with it */
};

struct extraction {
	int				 fd;	/* to the asker */
	volatile int			*has_answered;
	enum extraction_format		 format;
	struct buffer			 bytes;	/* the document */
	struct extraction_program	 program;
	struct mdwrite			 w;
	uint64_t			*pages;
	size_t				 pages_len;
};

static void	extraction_keep(void);
static void	extraction_serve(struct extraction_work *);
static void	extraction_reap(struct extraction_work *);
static struct extraction_work *extraction_idle(struct extraction_work *);
static int	extraction_take(enum extraction_format *);
static void	extraction_child(struct extraction_work *,
		    enum extraction_format, pid_t) __attribute__((noreturn));
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

/* For the signal handler. */
static int		 extraction_asker;
static volatile int	*extraction_answered;

static void
extraction_noticed(int signal_number)
{
	(void)signal_number;
}

int
extraction_main(void)
{
	struct extraction_work	 works[EXTRACTION_CHILDS];
	volatile int		*answered;
	size_t			 i;

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
	xmlInitParser();

	answered = mmap(NULL, sizeof(*answered) * EXTRACTION_CHILDS,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (answered == MAP_FAILED)
		return (1);
	memset(works, 0, sizeof(works));
	for (i = 0; i < EXTRACTION_CHILDS; i++)
		works[i].has_answered = &answered[i];
	extraction_serve(works);

	return (0);
}

/*
 * Requests and the ends of children, as they come. SIGCHLD is let in only
 * while nothing else is done, so that none is missed.
 */
static void
extraction_serve(struct extraction_work *works)
{
	struct sigaction	action;
	struct pollfd		request = { .fd = EXTRACTION_FD,
				    .events = POLLIN };
	enum extraction_format	format;
	struct extraction_work	*idle;
	sigset_t		child, before;
	pid_t			self = getpid();
	int			ready;

	memset(&action, 0, sizeof(action));
	action.sa_handler = extraction_noticed;
	(void)sigaction(SIGCHLD, &action, NULL);
	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &child, &before);
	for (;;) {
		extraction_reap(works);
		idle = extraction_idle(works);
		ready = ppoll(&request, idle == NULL ? 0 : 1, NULL, &before);
		if (ready <= 0)
			continue;
		if ((idle->fd = extraction_take(&format)) == -1)
			return;
		if (idle->fd == -2)
			continue;
		*idle->has_answered = 0;
		switch (idle->pid = fork()) {
		case -1:
			/* The asker sees the end, and asks again later. */
			idle->pid = 0;
			(void)close(idle->fd);
			break;
		case 0:
			(void)sigprocmask(SIG_SETMASK, &before, NULL);
			extraction_child(idle, format, self);
		default:
			break;
		}
	}
}

static struct extraction_work *
extraction_idle(struct extraction_work *works)
{
	size_t	i;

	for (i = 0; i < EXTRACTION_CHILDS; i++)
		if (works[i].pid == 0)
			return (&works[i]);

	return (NULL);
}

/* Takes leave of children that have ended, and answers for the crashed. */
static void
extraction_reap(struct extraction_work *works)
{
	const struct extraction_reply	reply = {
		.outcome = EXTRACTION_DAMAGED
	};
	pid_t				pid;
	size_t				i;
	int				status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < EXTRACTION_CHILDS && works[i].pid != pid; i++)
			continue;
		if (i == EXTRACTION_CHILDS)
			continue;
		if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL &&
		    !*works[i].has_answered)
			(void)extraction_write(works[i].fd, &reply,
			    sizeof(reply));
		(void)close(works[i].fd);
		works[i].pid = 0;
	}
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
extraction_child(struct extraction_work *work, enum extraction_format format,
    pid_t parent)
{
	struct extraction	e;
	struct sigaction	action;
	int			score;

	extraction_bind(parent);
	memset(&e, 0, sizeof(e));
	e.fd = extraction_asker = work->fd;
	e.has_answered = extraction_answered = work->has_answered;
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
	*extraction_answered = 1;
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

	/* From here on others would answer into an answer. */
	(void)alarm(0);
	(void)signal(SIGXCPU, SIG_IGN);
	*e->has_answered = 1;
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
	while (waitpid(e->program.pid, &status, 0) == -1)
		if (errno != EINTR)
			_exit(1);
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
		if (poll(polls, 2, -1) == -1) {
			if (errno != EINTR)
				_exit(1);
			continue;
		}
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
