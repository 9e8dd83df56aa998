/*
 * Work that would block the event loop (hashing, connecting, reading a
 * document) runs on Kore's task threads. Each class has threads and a bounded
 * queue of its own, so that a document never delays a sign-in, nor a relay that
 * has fallen silent a document.
 */
#ifndef LECTERN_JOB_H
#define LECTERN_JOB_H

#include <sys/types.h>

enum job_class {
	JOB_SHORT,	/* password hashes, database connects: under a second */
	JOB_LONG,	/* reading documents, migrating: as long as it takes */
	JOB_MAIL,	/* handing over mails: at most half a minute each */
	JOB_CALL,	/* waiting for another server, for minutes */
	JOB_SEARCH,	/* scoring what a search has fetched: milliseconds */
	JOB_CLASSES
};

struct job;

/* Once per worker, from kore_worker_configure(). */
void		 job_init(void);

/*
 * Runs `work(input)` on a thread, then `done(input, arg)` in the event loop.
 * `work` must touch nothing but its input, call no Kore function and free
 * nothing that the loop uses. The input belongs to the job until `done`,
 * which frees it (also after job_abandon(), with arg NULL).
 * NULL when the class's queue is full: answer ERROR_BUSY; input stays yours.
 */
struct job	*job_start(enum job_class, void (*work)(void *),
		    void *input, void (*done)(void *, void *), void *arg);
/*
 * The asker is gone: `done` will be called with arg NULL, and `work` not any
 * more unless it has begun.
 */
void		 job_abandon(struct job *);

/* Asks the event loop to turn once more soon. Main thread or job thread. */
void		 job_wake_loop(void);

u_int32_t	 job_waiting(enum job_class);

#endif
