/*
 * The operator's way in: documents from disk, for the shared library (the
 * default) or for one user.
 *
 *	each PATH	-> files of a directory (ingest_is_wanted()), in order
 *			   of name; a .jsonl line by line; any other file
 *	each document	-> document_put(): stored, unless it is there already
 *			   (by name and SHA-256), many in a transaction; a
 *			   collection is read as it is stored, so that what was
 *			   broken off goes on where it ended
 *	then		-> read, here, until none waits; a running server's
 *			   readers may help
 *
 * A file keeps its path below the PATH that was given as its name, so that
 * equal names in two folders stay two documents. Memory is bounded by the
 * largest document (20 MiB), whatever the size of a collection.
 *
 * Deliberately missing: taking out what is no longer on disk.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <jansson.h>

#include "buffer.h"
#include "dbsync.h"
#include "ingest.h"
#include "intake.h"
#include "reader.h"
#include "utf8.h"

#define INGEST_BATCH		200	/* documents in a transaction */
#define INGEST_RECORDS		4000	/* of a collection, at once */
#define INGEST_BATCH_BYTES	(8 * 1024 * 1024)
#define INGEST_BYTES_MAX	((size_t)INTAKE_BYTES_MAX)
#define INGEST_LINE_MAX		(2 * INGEST_BYTES_MAX)	/* of a .jsonl */
#define INGEST_DEPTH_MAX	32	/* folders in folders */
#define INGEST_ANALYZE_MIN	50	/* documents */
#define INGEST_ANALYZE							\
	"analyze documents, originals, texts, index_jobs, chunks, "	\
	"index_segments"
/* What merges left behind takes the next rows. */
#define INGEST_VACUUM							\
	"vacuum (analyze, skip_locked) index_terms, index_blocks"
#define INGEST_POLL_MS		250	/* while other readers finish */
#define INGEST_USAGE							\
	"usage: lectern ingest [--shared] [--user EMAIL] PATH...\n"

struct ingest {
	struct dbsync	 db;
	char		 owner[64];	/* "": the shared library */
	size_t		 stored, same, refused;
	size_t		 batch, batch_bytes; /* in the open transaction */
	json_t		*records;	/* of a collection, not stored yet */
	size_t		 records_bytes;
	size_t		 analyze_at;	/* documents stored */
	time_t		 begun, told;	/* first and last progress line */
};

static int	ingest_arguments(int *, char ***, const char **);
static int	ingest_owner(struct ingest *, const char *);
static int	ingest_path(struct ingest *, const char *, const char *, int);
static int	ingest_directory(struct ingest *, const char *, const char *,
		    int);
static int	ingest_file(struct ingest *, const char *, const char *);
static int	ingest_collection(struct ingest *, const char *);
static int	ingest_line(FILE *, struct buffer *);
static int	ingest_record(struct ingest *, const char *, size_t,
		    const struct buffer *);
static int	ingest_collect(struct ingest *, json_t *, size_t);
static int	ingest_records(struct ingest *);
static void	ingest_tidy(struct ingest *);
static int	ingest_put(struct ingest *, const struct db_param *, size_t);
static int	ingest_commit(struct ingest *);
static int	ingest_read(struct ingest *);
static int	ingest_result(struct ingest *);
static void	ingest_progress(struct ingest *, int64_t);
static void	ingest_refuse(struct ingest *, const char *, const char *);
static int	ingest_database_failed(struct ingest *);
static int	ingest_has_suffix(const char *, const char *);
static int	ingest_is_wanted(const char *);

int
ingest_main(const char *conninfo, int argc, char **argv)
{
	struct ingest	 ingest;
	const char	*email = NULL;
	int		 i, ret;

	if (ingest_arguments(&argc, &argv, &email) == -1) {
		(void)fprintf(stderr, INGEST_USAGE);
		return (2);
	}
	memset(&ingest, 0, sizeof(ingest));
	ingest.analyze_at = INGEST_ANALYZE_MIN;
	if (dbsync_open(&ingest.db, conninfo) == -1)
		ret = ingest_database_failed(&ingest);
	else
		ret = email == NULL ? 0 : ingest_owner(&ingest, email);

	for (i = 0; i < argc && ret == 0; i++)
		ret = ingest_path(&ingest, argv[i], NULL, 0);
	if (ret == 0)
		ret = ingest_commit(&ingest);
	if (ret == 0)
		ret = ingest_read(&ingest);
	if (ret == 0)
		ret = ingest_result(&ingest);
	json_decref(ingest.records);
	dbsync_close(&ingest.db);

	return (ret);
}

/* Leaves argc and argv at the paths. */
static int
ingest_arguments(int *argc, char ***argv, const char **email)
{
	int	i, is_shared = 0;

	for (i = 1; i < *argc && strncmp((*argv)[i], "--", 2) == 0; i++) {
		if (strcmp((*argv)[i], "--shared") == 0)
			is_shared = 1;
		else if (strcmp((*argv)[i], "--user") == 0 && i + 1 < *argc)
			*email = (*argv)[++i];
		else
			return (-1);
	}
	*argc -= i;
	*argv += i;

	return (*argc == 0 || (is_shared && *email != NULL) ? -1 : 0);
}

static int
ingest_owner(struct ingest *ingest, const char *email)
{
	struct db_param	params[] = { DB_TEXT(email) };

	if (dbsync_run(&ingest->db, STATEMENT_INGEST_OWNER, params, 1) == -1)
		return (ingest_database_failed(ingest));
	if (dbsync_rows(&ingest->db) == 0) {
		(void)fprintf(stderr, "lectern: no account has the address "
		    "%s.\n", email);
		return (1);
	}
	(void)snprintf(ingest->owner, sizeof(ingest->owner), "%s",
	    dbsync_text(&ingest->db, 0, 0));

	return (0);
}

/* `name` is what the document will be called; NULL: the path's last part. */
static int
ingest_path(struct ingest *ingest, const char *path, const char *name,
    int depth)
{
	struct stat	 st;
	const char	*slash;

	if (stat(path, &st) == -1) {
		ingest_refuse(ingest, path, "it cannot be opened");
		return (0);
	}
	if (S_ISDIR(st.st_mode))
		return (ingest_directory(ingest, path, name, depth));
	if (!S_ISREG(st.st_mode)) {
		ingest_refuse(ingest, path, "it is no file");
		return (0);
	}
	if (ingest_has_suffix(path, ".jsonl"))
		return (ingest_collection(ingest, path));
	slash = strrchr(path, '/');
	if (name == NULL)
		name = slash == NULL ? path : slash + 1;

	return (ingest_file(ingest, path, name));
}

static int
ingest_directory(struct ingest *ingest, const char *path, const char *name,
    int depth)
{
	struct dirent	**entries;
	struct stat	 st;
	char		 inner[4096], called[4096];
	int		 i, count, ret = 0;

	if (depth == INGEST_DEPTH_MAX ||
	    (count = scandir(path, &entries, NULL, alphasort)) == -1) {
		ingest_refuse(ingest, path, "it cannot be opened");
		return (0);
	}
	for (i = 0; i < count; i++) {
		/* Hidden files are not meant to be read. */
		if (ret == 0 && entries[i]->d_name[0] != '.' &&
		    snprintf(inner, sizeof(inner), "%s/%s", path,
		    entries[i]->d_name) < (int)sizeof(inner) &&
		    snprintf(called, sizeof(called), "%s%s%s",
		    name == NULL ? "" : name, name == NULL ? "" : "/",
		    entries[i]->d_name) < (int)sizeof(called) &&
		    stat(inner, &st) == 0 && (S_ISDIR(st.st_mode) ||
		    ingest_is_wanted(inner)))
			ret = ingest_path(ingest, inner, called, depth + 1);
		free(entries[i]);
	}
	free(entries);

	return (ret);
}

static int
ingest_file(struct ingest *ingest, const char *path, const char *name)
{
	struct intake	 intake;
	struct db_param	 params[8];
	enum error_id	 error;
	FILE		*file;
	char		*bytes;
	size_t		 len = 0;
	int		 ret = 0;

	if ((bytes = malloc(INGEST_BYTES_MAX + 1)) == NULL ||
	    (file = fopen(path, "rb")) == NULL) {
		free(bytes);
		ingest_refuse(ingest, path, "it cannot be opened");
		return (0);
	}
	len = fread(bytes, 1, INGEST_BYTES_MAX + 1, file);
	(void)fclose(file);

	error = intake_look(&intake, name, NULL, 0, bytes, len);
	if (len > INGEST_BYTES_MAX)
		ingest_refuse(ingest, path, "it is larger than 20 MiB");
	else if (strlen(name) > INTAKE_FILENAME_MAX ||
	    !utf8_is_text(name, strlen(name)))
		ingest_refuse(ingest, path, "its name is too long or no UTF-8");
	else if (error != ERROR_NONE)
		ingest_refuse(ingest, path, error_info(error)->message);
	else {
		params[0] = DB_TEXT(ingest->owner[0] == '\0' ? NULL :
		    ingest->owner);
		params[1] = DB_TEXT(name);
		params[2] = DB_NULL;
		params[3] = DB_TEXT(intake.title);
		params[4] = DB_TEXT(intake.media_type);
		params[5] = DB_BYTES(bytes, len);
		params[6] = DB_INT(0);
		params[7] = DB_INT(0);
		ret = ingest_put(ingest, params, len);
	}
	free(bytes);

	return (ret);
}

/* A BEIR collection: one document a line. */
static int
ingest_collection(struct ingest *ingest, const char *path)
{
	struct buffer	 line;
	FILE		*file;
	size_t		 number = 0;
	int		 ret = 0;

	if ((file = fopen(path, "rb")) == NULL) {
		ingest_refuse(ingest, path, "it cannot be opened");
		return (0);
	}
	buffer_init(&line);
	ret = ingest_commit(ingest);
	while (ret == 0 && ingest_line(file, &line)) {
		number++;
		if (line.len > 0)
			ret = ingest_record(ingest, path, number, &line);
	}
	if (ret == 0)
		ret = ingest_records(ingest);
	buffer_free(&line);
	(void)fclose(file);

	return (ret);
}

/* The next line; one that is too long comes cut, and is then no JSON. */
static int
ingest_line(FILE *file, struct buffer *line)
{
	char	byte;
	int	c;

	buffer_clear(line);
	while ((c = getc_unlocked(file)) != EOF && c != '\n') {
		byte = (char)c;
		if (line->len < INGEST_LINE_MAX)
			buffer_add(line, &byte, 1);
	}

	return (c != EOF || line->len > 0);
}

static int
ingest_record(struct ingest *ingest, const char *path, size_t number,
    const struct buffer *line)
{
	struct intake	 intake;
	json_t		*record;
	const char	*id, *title, *text;
	char		 where[4096 + 32];
	enum error_id	 error;
	int		 ret = 0;

	(void)snprintf(where, sizeof(where), "%s:%zu", path, number);
	record = json_loadb(line->data, line->len, 0, NULL);
	id = json_string_value(json_object_get(record, "_id"));
	title = json_string_value(json_object_get(record, "title"));
	text = json_string_value(json_object_get(record, "text"));
	/* Some collections hold a document that is a title alone. */
	if (text == NULL || *text == '\0')
		text = title;

	if (id == NULL || *id == '\0' || strlen(id) > INTAKE_FILENAME_MAX ||
	    text == NULL || strlen(text) > INGEST_BYTES_MAX) {
		ingest_refuse(ingest, where,
		    "it is no {\"_id\",\"title\",\"text\"}");
	} else if ((error = intake_look(&intake, NULL, NULL, 0, text,
	    strlen(text))) != ERROR_NONE) {
		ingest_refuse(ingest, id, error_info(error)->message);
	} else {
		if (title != NULL && *title != '\0')
			(void)snprintf(intake.title, sizeof(intake.title),
			    "%.*s", (int)utf8_floor(title, strlen(title),
			    INTAKE_TITLE_SIZE - 1), title);
		ret = ingest_collect(ingest, json_pack("{s:s,s:s,s:s}", "id",
		    id, "title", intake.title, "text", text), strlen(text));
	}
	json_decref(record);

	return (ret);
}

/* A record of a collection; they are stored many at a time. Takes it. */
static int
ingest_collect(struct ingest *ingest, json_t *record, size_t len)
{
	if (ingest->records == NULL)
		ingest->records = json_array();
	if (json_array_append_new(ingest->records, record) == -1) {
		(void)fprintf(stderr, "lectern: There is no memory left.\n");
		return (1);
	}
	ingest->records_bytes += len;
	if (json_array_size(ingest->records) < INGEST_RECORDS &&
	    ingest->records_bytes < INGEST_BATCH_BYTES / 2)
		return (0);

	return (ingest_records(ingest));
}

/* Stores what was collected, and reads as much. */
static int
ingest_records(struct ingest *ingest)
{
	struct db_param	 params[2];
	char		*text;
	int64_t		 wait_ms;
	size_t		 count, stored;
	int		 ret = 0;

	if (ingest->records == NULL)
		return (0);
	text = json_dumps(ingest->records, JSON_COMPACT);
	count = json_array_size(ingest->records);
	json_decref(ingest->records);
	ingest->records = NULL;
	ingest->records_bytes = 0;
	params[0] = DB_TEXT(ingest->owner[0] == '\0' ? NULL : ingest->owner);
	params[1] = DB_TEXT(text);
	/* A transaction has no time limit. */
	if (text == NULL || dbsync_begin(&ingest->db) == -1 ||
	    dbsync_run(&ingest->db, STATEMENT_INGEST_LOCK, params, 1) == -1 ||
	    dbsync_run(&ingest->db, STATEMENT_INGEST_PUT, params, 2) == -1)
		ret = ingest_database_failed(ingest);
	free(text);
	if (ret != 0)
		return (ret);
	stored = (size_t)dbsync_int(&ingest->db, 0, 0);
	ingest->stored += stored;
	ingest->same += count - stored;
	if (dbsync_commit(&ingest->db) == -1)
		return (ingest_database_failed(ingest));
	/* What the planner knows of an empty table makes bad plans. */
	if (ingest->stored >= ingest->analyze_at) {
		ingest->analyze_at = 2 * ingest->stored;
		ingest_tidy(ingest);
	}
	if (stored > 0 && reader_step(&ingest->db, &wait_ms) == -1)
		return (ingest_database_failed(ingest));
	ingest_progress(ingest, -1);

	return (0);
}

/* Helps the searches, and may fail. */
static void
ingest_tidy(struct ingest *ingest)
{
	(void)!dbsync_script(&ingest->db, INGEST_ANALYZE);
	(void)!dbsync_script(&ingest->db, INGEST_VACUUM);
}

/* Stores one document; opens and ends the batches. */
static int
ingest_put(struct ingest *ingest, const struct db_param *params, size_t len)
{
	if (ingest->batch == 0 && dbsync_begin(&ingest->db) == -1)
		return (ingest_database_failed(ingest));
	if (dbsync_run(&ingest->db, STATEMENT_DOCUMENT_CREATE, params, 8) ==
	    -1)
		return (ingest_database_failed(ingest));
	if (strcmp(dbsync_text(&ingest->db, 0, 0), "same") == 0)
		ingest->same++;
	else
		ingest->stored++;

	ingest->batch_bytes += len;
	if (++ingest->batch == INGEST_BATCH ||
	    ingest->batch_bytes >= INGEST_BATCH_BYTES)
		return (ingest_commit(ingest));

	return (0);
}

static int
ingest_commit(struct ingest *ingest)
{
	if (ingest->batch > 0 && dbsync_commit(&ingest->db) == -1)
		return (ingest_database_failed(ingest));
	ingest->batch = 0;
	ingest->batch_bytes = 0;
	ingest_progress(ingest, -1);

	return (0);
}

/* Reads until nothing of this owner waits any more. */
static int
ingest_read(struct ingest *ingest)
{
	const struct timespec	pause = { 0, INGEST_POLL_MS * 1000000L };
	struct db_param		params[1];
	int64_t			waiting, wait_ms;
	int			step;

	params[0] = DB_TEXT(ingest->owner[0] == '\0' ? NULL : ingest->owner);
	do {
		if ((step = reader_step(&ingest->db, &wait_ms)) == -1)
			return (ingest_database_failed(ingest));
		if (dbsync_run(&ingest->db, STATEMENT_INGEST_WAITING, params,
		    1) == -1)
			return (ingest_database_failed(ingest));
		waiting = dbsync_int(&ingest->db, 0, 0);
		ingest_progress(ingest, waiting);
		/* What waits and is not due is in another reader's hands. */
		if (step == 0 && waiting > 0)
			(void)nanosleep(&pause, NULL);
	} while (waiting > 0);
	/* The planner should know of them at once; if not, it will later. */
	if (ingest->stored >= INGEST_ANALYZE_MIN)
		ingest_tidy(ingest);

	return (0);
}

static int
ingest_result(struct ingest *ingest)
{
	struct db_param	params[1];
	int		i, rows;

	params[0] = DB_TEXT(ingest->owner[0] == '\0' ? NULL : ingest->owner);
	if (dbsync_run(&ingest->db, STATEMENT_INGEST_FAILED, params, 1) == -1)
		return (ingest_database_failed(ingest));
	rows = dbsync_rows(&ingest->db);
	for (i = 0; i < rows; i++)
		(void)fprintf(stderr, "lectern: %s failed: %s\n",
		    dbsync_text(&ingest->db, i, 0),
		    dbsync_text(&ingest->db, i, 1));
	(void)fprintf(stderr, "lectern: %zu documents read, %zu unchanged, "
	    "%zu left out, %d failed.\n", ingest->stored, ingest->same,
	    ingest->refused, rows);

	return (rows > 0 || ingest->refused > 0 ? 1 : 0);
}

/* A line a second at most; `waiting` -1: still loading. */
static void
ingest_progress(struct ingest *ingest, int64_t waiting)
{
	size_t	count = ingest->stored + ingest->same;
	time_t	now = time(NULL);

	if (ingest->told == 0)
		ingest->begun = ingest->told = now;
	if (now == ingest->told)
		return;
	ingest->told = now;
	if (waiting == -1)
		(void)fprintf(stderr, "lectern: %zu documents loaded, %zu a "
		    "second\n", count, count / (size_t)(now - ingest->begun));
	else
		(void)fprintf(stderr, "lectern: %" PRId64 " documents wait "
		    "to be read\n", waiting);
}

static void
ingest_refuse(struct ingest *ingest, const char *what, const char *why)
{
	(void)fprintf(stderr, "lectern: %s left out: %s\n", what, why);
	ingest->refused++;
}

static int
ingest_database_failed(struct ingest *ingest)
{
	char	words[256];

	/* No such function, no such table. */
	if (strcmp(ingest->db.sqlstate, "42883") == 0 ||
	    strcmp(ingest->db.sqlstate, "42P01") == 0) {
		(void)fprintf(stderr, "lectern: The database has no schema "
		    "yet; run `lectern migrate` first.\n");
		return (1);
	}
	dbsync_why(&ingest->db, words, sizeof(words));
	(void)fprintf(stderr, "lectern: The database failed: %s\n", words);

	return (1);
}

static int
ingest_has_suffix(const char *path, const char *suffix)
{
	size_t	len = strlen(path), n = strlen(suffix);

	return (len > n && strcasecmp(path + len - n, suffix) == 0);
}

/* What is taken from a directory without being named. */
static int
ingest_is_wanted(const char *path)
{
	return (ingest_has_suffix(path, ".md") ||
	    ingest_has_suffix(path, ".markdown") ||
	    ingest_has_suffix(path, ".txt") ||
	    ingest_has_suffix(path, ".htm") ||
	    ingest_has_suffix(path, ".html") ||
	    ingest_has_suffix(path, ".pdf") ||
	    ingest_has_suffix(path, ".docx") ||
	    ingest_has_suffix(path, ".jsonl"));
}
