/*
 * Carrying mails.
 *
 *	smtp(s)://	libcurl's SMTP and MIME, on a job
 *	https://	POST {from,to,subject,text,html}, as Resend takes it
 *	dir:/path	one JSON file a mail, renamed into place, on a job
 *	(development)	one line in the log
 *
 * A relay's 5xx answer to the recipient or the content means REFUSED, all
 * else LATER. With credentials and a relay that is not on this machine TLS is
 * required, so that nobody on the way can strip it off.
 */
#include <sys/types.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include <kore/kore.h>
#include <kore/http.h>
#include <kore/curl.h>

#include "config.h"
#include "job.h"
#include "log.h"
#include "mail.h"

#define MAIL_CONNECT_MS		10000L
#define MAIL_WHOLE_MS		30000L
#define MAIL_DIR		"dir:"
#define MAIL_PATH_MAX		1024

/* One mail on its way; freed when `done` has been called. */
struct mail_sending {
	struct kore_curl	 curl;
	struct curl_slist	*recipients, *headers;
	curl_mime		*mime;
	char			*body;		/* HTTPS, FOLDER: the JSON */
	char			 path[MAIL_PATH_MAX]; /* FOLDER */
	int			 has_failed;	/* before it began, FOLDER */
	void			(*done)(void *, enum mail_outcome,
				    const char *);
	void			*arg;
};

static void	mail_send_log(const struct mail *, struct mail_sending *);
static void	mail_send_folder(const struct mail *, struct mail_sending *);
static void	mail_send_smtp(const struct mail *, struct mail_sending *);
static void	mail_send_https(const struct mail *, struct mail_sending *);
static void	mail_transfer(struct mail_sending *);
static void	mail_smtp_work(void *);
static void	mail_smtp_done(void *, void *);
static void	mail_smtp_later(void *, u_int64_t);
static void	mail_transferred(struct kore_curl *, void *);
static enum mail_outcome mail_judge(struct kore_curl *, char *, size_t);
static void	mail_end(struct mail_sending *, enum mail_outcome,
		    const char *);
static void	mail_header(struct mail_sending *, const char *,
		    const char *);
static void	mail_part(curl_mime *, const char *, const char *);
static void	mail_folder_work(void *);
static void	mail_folder_done(void *, void *);
static void	mail_later(void *, u_int64_t);

enum mail_way
mail_way(void)
{
	const char	*url = config.mail_url;

	if (url == NULL)
		return (config.is_development ? MAIL_LOG : MAIL_OFF);
	if (strncmp(url, MAIL_DIR, strlen(MAIL_DIR)) == 0)
		return (MAIL_FOLDER);

	return (strncmp(url, "http", 4) == 0 ? MAIL_HTTPS : MAIL_SMTP);
}

void
mail_send(const struct mail *mail, void (*done)(void *, enum mail_outcome,
    const char *), void *arg)
{
	struct mail_sending	*s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		fatal("mail: no memory");
	s->done = done;
	s->arg = arg;
	switch (mail_way()) {
	case MAIL_OFF:
	case MAIL_LOG:
		mail_send_log(mail, s);
		break;
	case MAIL_FOLDER:
		mail_send_folder(mail, s);
		break;
	case MAIL_SMTP:
		mail_send_smtp(mail, s);
		break;
	case MAIL_HTTPS:
		mail_send_https(mail, s);
		break;
	}
}

static void
mail_send_log(const struct mail *mail, struct mail_sending *s)
{
	log_event(LOG_LEVEL_INFO, "mail to %s: %s %s", mail->to,
	    mail->subject, mail->url);
	/* `done` never comes from inside mail_send(). */
	kore_timer_add(mail_later, 1, s, KORE_TIMER_ONESHOT);
}

static void
mail_later(void *arg, u_int64_t now)
{
	(void)now;
	mail_end(arg, MAIL_SENT, "");
}

/* ---- a folder ---- */

static void
mail_send_folder(const struct mail *mail, struct mail_sending *s)
{
	json_t	*value;

	value = json_pack("{s:s,s:s,s:s,s:s}", "to", mail->to,
	    "subject", mail->subject, "text", mail->text, "url", mail->url);
	s->body = json_dumps(value, JSON_COMPACT);
	json_decref(value);
	(void)snprintf(s->path, sizeof(s->path), "%s/%s.json",
	    config.mail_url + strlen(MAIL_DIR), mail->id);
	if (s->body == NULL || job_start(JOB_MAIL, mail_folder_work, s,
	    mail_folder_done, NULL) == NULL) {
		s->has_failed = 1;
		kore_timer_add(mail_later, 1, s, KORE_TIMER_ONESHOT);
	}
}

/* On a job thread: written under another name, so that nobody reads half. */
static void
mail_folder_work(void *arg)
{
	struct mail_sending	*s = arg;
	char			 draft[MAIL_PATH_MAX + 8];
	size_t			 len = strlen(s->body);
	int			 fd;

	(void)snprintf(draft, sizeof(draft), "%s.part", s->path);
	s->has_failed = 1;
	if ((fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600)) == -1)
		return;
	s->has_failed = write(fd, s->body, len) != (ssize_t)len ||
	    fsync(fd) == -1;
	s->has_failed |= close(fd) == -1 ||
	    (!s->has_failed && rename(draft, s->path) == -1);
}

static void
mail_folder_done(void *input, void *unused)
{
	struct mail_sending	*s = input;

	(void)unused;
	mail_end(s, s->has_failed ? MAIL_LATER : MAIL_SENT,
	    "the folder cannot be written");
}

/* ---- a relay ---- */

static void
mail_send_smtp(const struct mail *mail, struct mail_sending *s)
{
	CURL		*curl;
	curl_mime	*both;
	curl_mimepart	*part;
	const char	*from;
	char		 text[512];
	struct curl_slist *disposition;
	struct tm	 tm;
	time_t		 now;

	if (!kore_curl_init(&s->curl, config.mail_url, KORE_CURL_ASYNC))
		fatal("mail: no memory");
	curl = s->curl.handle;
	(void)snprintf(text, sizeof(text), "<%s>", mail->to);
	s->recipients = curl_slist_append(NULL, text);
	mail_header(s, "To", mail->to);
	mail_header(s, "From", config.mail_from);
	mail_header(s, "Subject", mail->subject);
	(void)snprintf(text, sizeof(text), "<%s@lectern>", mail->id);
	mail_header(s, "Message-ID", text);
	mail_header(s, "Auto-Submitted", "auto-generated");
	now = time(NULL);
	gmtime_r(&now, &tm);
	(void)strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000",
	    &tm);
	mail_header(s, "Date", text);

	s->mime = curl_mime_init(curl);
	both = curl_mime_init(curl);
	mail_part(both, mail->text, "text/plain; charset=utf-8");
	mail_part(both, mail->html, "text/html; charset=utf-8");
	part = curl_mime_addpart(s->mime);
	curl_mime_subparts(part, both);
	curl_mime_type(part, "multipart/alternative");
	disposition = curl_slist_append(NULL, "Content-Disposition: inline");
	curl_mime_headers(part, disposition, 1);

	/* The address alone, also of "Name <address>". */
	from = strrchr(config.mail_from, '<');
	from = from == NULL ? config.mail_from : from + 1;
	(void)snprintf(text, sizeof(text), "<%.*s>",
	    (int)strcspn(from, ">"), from);
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, text);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, s->recipients);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, s->headers);
	curl_easy_setopt(curl, CURLOPT_MIMEPOST, s->mime);
	curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(
	    config.mail_needs_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	mail_transfer(s);
}

static void
mail_part(curl_mime *mime, const char *text, const char *type)
{
	curl_mimepart	*part = curl_mime_addpart(mime);

	curl_mime_data(part, text, CURL_ZERO_TERMINATED);
	curl_mime_type(part, type);
	curl_mime_encoder(part, "quoted-printable");
}

static void
mail_header(struct mail_sending *s, const char *name, const char *value)
{
	char	line[1024];

	(void)snprintf(line, sizeof(line), "%s: %s", name, value);
	line[strcspn(line, "\r\n")] = '\0';
	s->headers = curl_slist_append(s->headers, line);
}

/* ---- an API ---- */

static void
mail_send_https(const struct mail *mail, struct mail_sending *s)
{
	CURL	*curl;
	json_t	*value;
	char	 bearer[1024];

	if (!kore_curl_init(&s->curl, config.mail_url, KORE_CURL_ASYNC))
		fatal("mail: no memory");
	curl = s->curl.handle;
	value = json_pack("{s:s,s:[s],s:s,s:s,s:s}", "from", config.mail_from,
	    "to", mail->to, "subject", mail->subject, "text", mail->text,
	    "html", mail->html);
	s->body = json_dumps(value, JSON_COMPACT);
	json_decref(value);
	mail_header(s, "Content-Type", "application/json");
	mail_header(s, "Idempotency-Key", mail->id);
	if (config.mail_api_key != NULL) {
		(void)snprintf(bearer, sizeof(bearer), "Bearer %s",
		    config.mail_api_key);
		mail_header(s, "Authorization", bearer);
		explicit_bzero(bearer, sizeof(bearer));
	}
	curl_easy_setopt(curl, CURLOPT_POST, 1L);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
	    s->body == NULL ? "" : s->body);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, s->headers);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	mail_transfer(s);
}

/* ---- both by libcurl ---- */

static void
mail_transfer(struct mail_sending *s)
{
	CURL	*curl = s->curl.handle;

	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 0L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, MAIL_WHOLE_MS);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, MAIL_CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "lectern");
	curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT,
	    MAIL_WHOLE_MS / 1000L);
	/* A handle that leaves during its DNS lookup must not wait for it. */
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
	if (mail_way() == MAIL_SMTP) {
		if (job_start(JOB_MAIL, mail_smtp_work, s, mail_smtp_done,
		    NULL) == NULL) {
			s->has_failed = 1;
			kore_timer_add(mail_smtp_later, 1, s,
			    KORE_TIMER_ONESHOT);
		}
		return;
	}
	/*
	 * Kore frees the handle before it calls back, and keeps the status
	 * for this type only.
	 */
	s->curl.type = KORE_CURL_TYPE_HTTP_CLIENT;
	kore_curl_bind_callback(&s->curl, mail_transferred, s);
	kore_curl_run(&s->curl);
	kore_curl_do_timeout();
}

/*
 * On a job thread: libcurl waits for a relay's word on a whole mail, and for
 * its goodbye, without going back to the event loop.
 */
static void
mail_smtp_work(void *arg)
{
	struct mail_sending	*s = arg;
	CURL			*curl = s->curl.handle;

	s->curl.result = (int)curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE,
	    &s->curl.http.status);
	curl_easy_cleanup(curl);
	s->curl.handle = NULL;
}

static void
mail_smtp_done(void *input, void *unused)
{
	struct mail_sending	*s = input;

	(void)unused;
	mail_transferred(&s->curl, s);
}

static void
mail_smtp_later(void *arg, u_int64_t now)
{
	(void)now;
	mail_smtp_done(arg, NULL);
}

static void
mail_transferred(struct kore_curl *curl, void *arg)
{
	struct mail_sending	*s = arg;
	enum mail_outcome	 outcome;
	char			 reason[128];

	outcome = mail_judge(curl, reason, sizeof(reason));
	kore_curl_cleanup(curl);
	curl_mime_free(s->mime);
	curl_slist_free_all(s->recipients);
	curl_slist_free_all(s->headers);
	mail_end(s, outcome, reason);
}

static enum mail_outcome
mail_judge(struct kore_curl *curl, char *reason, size_t len)
{
	int	status = (int)curl->http.status;
	int	is_api = mail_way() == MAIL_HTTPS;

	(void)snprintf(reason, len, "%s, status %d",
	    curl_easy_strerror((CURLcode)curl->result), status);
	if (kore_curl_success(curl) && (!is_api ||
	    (status >= 200 && status < 300)))
		return (MAIL_SENT);
	if (is_api)
		return (status >= 400 && status < 500 && status != 401 &&
		    status != 403 && status != 408 && status != 429 ?
		    MAIL_REFUSED : MAIL_LATER);

	/* 530 to 535 speak of us, other 5xx of the mail. */
	return (status >= 550 && status < 560 ? MAIL_REFUSED : MAIL_LATER);
}

static void
mail_end(struct mail_sending *s, enum mail_outcome outcome,
    const char *reason)
{
	void	(*done)(void *, enum mail_outcome, const char *) = s->done;
	void	*arg = s->arg;

	if (s->has_failed)
		outcome = MAIL_LATER;
	if (s->body != NULL)
		explicit_bzero(s->body, strlen(s->body));
	free(s->body);
	free(s);
	done(arg, outcome, reason);
}
