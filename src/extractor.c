/*
 * The extractor is this program, executed with the command "extractor" and
 * nothing else: no environment, no descriptors but its socket. What it
 * answers is taken for as untrusted as the document.
 */
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "extraction.h"
#include "extractor.h"
#include "intake.h"
#include "keeper.h"
#include "utf8.h"

/* Also for those that are read before; each has a minute. */
#define EXTRACTOR_WAIT_SECONDS	480

static const char *const extractor_reasons[EXTRACTION_OUTCOMES] = {
	[EXTRACTION_OK] = "",
	[EXTRACTION_EMPTY] = "The document holds no text.",
	[EXTRACTION_SCANNED] = "This PDF holds no text, probably because it "
	    "was scanned. Run text recognition (OCR) over it and upload it "
	    "again.",
	[EXTRACTION_LOCKED] = "This file is protected by a password, or in "
	    "the format of Word before 2007; save it without a password and "
	    "in a current format, and upload it again.",
	[EXTRACTION_FORBIDDEN] = "This PDF does not allow that its text is "
	    "copied; save it without that restriction and upload it again.",
	[EXTRACTION_DAMAGED] = "The file is damaged, or not of the kind that "
	    "its name says; open it, save it anew, and upload it again.",
	[EXTRACTION_LARGE] = "This file unpacks to more than is read of "
	    "one; upload it in parts.",
	[EXTRACTION_SLOW] = "Reading this file took too long; upload it in "
	    "parts, or in a simpler form.",
	[EXTRACTION_MEMORY] = "Reading this file takes too much memory; "
	    "upload it in parts, or in a simpler form.",
	[EXTRACTION_MISSING] = "PDF files cannot be read here: the program "
	    "pdftotext is not installed. Tell the operator.",
};
static const char	extractor_locked_pdf[] = "This PDF is protected by a "
    "password; save it without one and upload it again.";

static int	extractor_fd = -1;
static int	extractor_peer = -1;	/* the end of the extractor */

static void	extractor_become(void) __attribute__((noreturn));
static enum extractor_result extractor_ask(enum extraction_format,
		    const void *, size_t, struct extractor_text *);
static int	extractor_send(enum extraction_format, int);
static int	extractor_put(int, const void *, size_t);
static int	extractor_get(int, void *, size_t);
static enum extractor_result extractor_take(int,
		    const struct extraction_reply *, struct extractor_text *);
static void	extractor_pages(struct extractor_text *);

int
extractor_start(int is_kept)
{
	int	pair[2], ret;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return (-1);
	extractor_fd = pair[0];
	extractor_peer = pair[1];
	ret = keeper_start(extractor_become);
	/*
	 * Who is started again wants its end back, and what was asked
	 * meanwhile waits in it. Else it is the child's alone, so that its end
	 * is noticed.
	 */
	if (!is_kept || ret == -1) {
		(void)close(extractor_peer);
		extractor_peer = -1;
	}

	return (ret);
}

/* In the forked child. */
static void
extractor_become(void)
{
	char	name[] = "lectern", command[] = "extractor";
	char	locale[] = "LC_ALL=C.UTF-8";
	char	*arguments[] = { name, command, NULL };
	char	*environment[] = { locale, NULL };
	const int	fd = extractor_peer;
	int		null = open("/dev/null", O_RDWR);

	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1)
		_exit(1);
	/* dup2() onto itself would leave it to be closed by execve(). */
	if (fd == EXTRACTION_FD ? fcntl(fd, F_SETFD, 0) == -1 :
	    dup2(fd, EXTRACTION_FD) == -1)
		_exit(1);
	if (close_range(EXTRACTION_FD + 1, ~0U, 0) == -1)
		_exit(1);
	(void)execve("/proc/self/exe", arguments, environment);
	_exit(1);
}

enum extractor_result
extractor_read(const void *bytes, size_t len, const char *media_type,
    struct extractor_text *text)
{
	enum error_id	error;

	memset(text, 0, sizeof(*text));
	text->syntax = strcmp(media_type, INTAKE_PLAIN) == 0 ? MARKDOWN_PLAIN :
	    MARKDOWN_FULL;
	if (strcmp(media_type, INTAKE_HTML) == 0)
		return (extractor_ask(EXTRACTION_HTML, bytes, len, text));
	if (strcmp(media_type, INTAKE_PDF) == 0)
		return (extractor_ask(EXTRACTION_PDF, bytes, len, text));
	if (strcmp(media_type, INTAKE_DOCX) == 0)
		return (extractor_ask(EXTRACTION_DOCX, bytes, len, text));

	error = intake_text(bytes, len, &text->text, &text->len,
	    &text->is_owned);
	if (error == ERROR_DOCUMENT_EMPTY) {
		text->reason = extractor_reasons[EXTRACTION_EMPTY];
		return (EXTRACTOR_REFUSED);
	}

	return (error == ERROR_NONE ? EXTRACTOR_READ : EXTRACTOR_TROUBLE);
}

void
extractor_free(struct extractor_text *text)
{
	if (text->is_owned)
		free(text->text);
	free(text->pages);
	memset(text, 0, sizeof(*text));
}

int32_t
extractor_page(const uint64_t *pages, size_t pages_len, size_t at)
{
	size_t	low = 0, high = pages_len, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (pages[mid] <= at)
			low = mid + 1;
		else
			high = mid;
	}

	return ((int32_t)(low == 0 && pages_len > 0 ? 1 : low));
}

static enum extractor_result
extractor_ask(enum extraction_format format, const void *bytes, size_t len,
    struct extractor_text *text)
{
	const struct timeval	limit = { .tv_sec = EXTRACTOR_WAIT_SECONDS };
	struct extraction_reply	reply;
	enum extractor_result	result = EXTRACTOR_TROUBLE;
	int			pair[2], is_sent;

	if (extractor_fd == -1 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		return (EXTRACTOR_TROUBLE);
	is_sent = setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &limit,
	    sizeof(limit)) == 0 && setsockopt(pair[0], SOL_SOCKET,
	    SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
	    extractor_send(format, pair[1]) == 0;
	(void)close(pair[1]);
	if (is_sent && extractor_put(pair[0], bytes, len) == 0 &&
	    shutdown(pair[0], SHUT_WR) == 0) {
		/* The end without a word is trouble: not the file's doing. */
		if (extractor_get(pair[0], &reply, sizeof(reply)) == 0)
			result = extractor_take(pair[0], &reply, text);
	}
	(void)close(pair[0]);
	if (format == EXTRACTION_PDF &&
	    text->reason == extractor_reasons[EXTRACTION_LOCKED])
		text->reason = extractor_locked_pdf;

	return (result);
}

static int
extractor_send(enum extraction_format format, int fd)
{
	union {
		struct cmsghdr	head;
		char		space[CMSG_SPACE(sizeof(int))];
	} control;
	unsigned char	what = (unsigned char)format;
	struct iovec	io = { .iov_base = &what, .iov_len = 1 };
	struct msghdr	message = { .msg_iov = &io, .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };

	memset(&control, 0, sizeof(control));
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));

	return (sendmsg(extractor_fd, &message, MSG_NOSIGNAL) == 1 ? 0 : -1);
}

static int
extractor_put(int fd, const void *data, size_t len)
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

/* 0: all of it is here; -1: the other side has ended, or says nothing. */
static int
extractor_get(int fd, void *data, size_t len)
{
	char	*at = data;
	ssize_t	 n;

	while (len > 0) {
		n = recv(fd, at, len, 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return (-1);
		at += n;
		len -= (size_t)n;
	}

	return (0);
}

static enum extractor_result
extractor_take(int fd, const struct extraction_reply *reply,
    struct extractor_text *text)
{
	char	*raw;

	if (reply->outcome >= EXTRACTION_OUTCOMES ||
	    reply->len > EXTRACTION_TEXT_MAX ||
	    reply->pages > EXTRACTION_PAGES_MAX ||
	    (reply->outcome == EXTRACTION_OK && reply->len == 0)) {
		text->reason = extractor_reasons[EXTRACTION_DAMAGED];
		return (EXTRACTOR_REFUSED);
	}
	if (reply->outcome != EXTRACTION_OK) {
		text->reason = extractor_reasons[reply->outcome];
		return (EXTRACTOR_REFUSED);
	}
	raw = malloc(reply->len);
	text->pages = calloc(reply->pages + 1U, sizeof(*text->pages));
	if (raw == NULL || text->pages == NULL ||
	    extractor_get(fd, raw, reply->len) == -1 ||
	    extractor_get(fd, text->pages, reply->pages *
	    sizeof(*text->pages)) == -1) {
		free(raw);
		extractor_free(text);
		return (EXTRACTOR_TROUBLE);
	}
	text->pages_len = reply->pages;
	text->text = raw;
	text->len = reply->len;
	text->is_owned = 1;
	if (!utf8_is_text(raw, text->len)) {
		text->text = utf8_sanitise(raw, reply->len, &text->len);
		free(raw);
		text->is_owned = text->text != NULL;
		if (text->text == NULL) {
			extractor_free(text);
			return (EXTRACTOR_TROUBLE);
		}
	}
	extractor_pages(text);

	return (EXTRACTOR_READ);
}

/* Pages lie inside the text, in order, whatever was said. */
static void
extractor_pages(struct extractor_text *text)
{
	uint64_t	before = 0;
	size_t		i;

	for (i = 0; i < text->pages_len; i++) {
		if (text->pages[i] > text->len)
			text->pages[i] = text->len;
		if (text->pages[i] < before)
			text->pages[i] = before;
		before = text->pages[i];
	}
}
