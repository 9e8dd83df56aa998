/*
 * Blocking work on Kore's task threads.
 *
 * Kore deals tasks to its threads in turn, so that a short task can wait
 * behind a long one while another thread sleeps. Therefore every thread gets
 * exactly one task, which never ends: a runner that takes jobs from the queue
 * of its class. A finished job goes to the `finished` list and the event loop
 * is woken through an eventfd; `done` runs there.
 *
 *	queued -> (runner) working -> finished -> (loop) done, freed
 *
 * Threads touch only the queues (under the mutex), the job's input and the
 * eventfd. Deliberately missing: cancelling work that has begun; hashing and
 * connecting are short, and reading a document may as well be finished.
 */
#include <sys/types.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/resource.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <kore/kore.h>
#include <kore/http.h>
#include <kore/tasks.h>

#include "job.h"
#include "metrics.h"

#define JOB_THREADS_MAX		16
/* Past this the answer would come later than a person waits for it. */
#define JOB_QUEUE_MAX		64
/*
 * Hashing keeps every processor busy; the event loop, whose turns are short,
 * should not wait for the end of a time slice. With eight sign-ins running on
 * two processors the 99th percentile of /health fell by a third, while as many
 * sign-ins were done (tests/bench). Not 19: that gained no more, and beside
 * busy neighbours it would leave them next to nothing.
 */
#define JOB_NICE		10

struct job_queue;

struct job {
	void			(*work)(void *);
	void			(*done)(void *, void *);
	void			*input;
	void			*arg;		/* loop only; NULL: abandoned */
	struct job_queue	*queue;	/* it waits in, under the mutex */
	u_int64_t		 since;	/* in line */
	TAILQ_ENTRY(job)	 list;
};

TAILQ_HEAD(job_list, job);

struct job_queue {
	struct job_list	 waiting;
	u_int32_t	 length;
	pthread_cond_t	 filled;
};

/* Kore finds the handler of an event through its first member. */
struct job_wakeup {
	struct kore_event	evt;
	int			fd;
};

static pthread_mutex_t		 job_lock = PTHREAD_MUTEX_INITIALIZER;
static struct job_queue		 job_queues[JOB_CLASSES];
static struct job_list		 job_finished;
static struct job_wakeup	 job_wakeup;
static struct kore_task		 job_runners[JOB_THREADS_MAX];
static u_int16_t		 job_runner_count;

_Static_assert(METRIC_JOBS_SEARCH == METRIC_JOBS_SHORT + JOB_SEARCH &&
    METRIC_JOBS_REFUSED_SEARCH == METRIC_JOBS_REFUSED_SHORT + JOB_SEARCH &&
    TIMING_JOB_WAIT_SEARCH == TIMING_JOB_WAIT_SHORT + JOB_SEARCH &&
    TIMING_JOB_RUN_SEARCH == TIMING_JOB_RUN_SHORT + JOB_SEARCH,
    "the figures of job classes are in their order");

static int	job_runner_short(struct kore_task *);
static int	job_runner_long(struct kore_task *);
static int	job_runner_call(struct kore_task *);
static int	job_runner_search(struct kore_task *);
static int	job_runner_mail(struct kore_task *);
static void	job_runner(enum job_class);
static void	job_dequeue(struct job *);
static void	job_collect(void *, int);

static int	(*const job_entries[JOB_CLASSES])(struct kore_task *) = {
	[JOB_SHORT] = job_runner_short,
	[JOB_LONG] = job_runner_long,
	[JOB_MAIL] = job_runner_mail,
	[JOB_CALL] = job_runner_call,
	[JOB_SEARCH] = job_runner_search
};

void
job_init(void)
{
	u_int16_t	i, count;

	TAILQ_INIT(&job_finished);
	for (i = 0; i < JOB_CLASSES; i++) {
		TAILQ_INIT(&job_queues[i].waiting);
		pthread_cond_init(&job_queues[i].filled, NULL);
	}

	job_wakeup.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (job_wakeup.fd == -1)
		fatal("job: eventfd: %s", errno_s);
	job_wakeup.evt.handle = job_collect;
	kore_platform_event_level_read(job_wakeup.fd, &job_wakeup);

	/* One thread for each class, all that are left for short jobs. */
	count = kore_task_threads;
	if (count < JOB_CLASSES || count > JOB_THREADS_MAX)
		fatalx("task_threads in kore.conf must be %d to %d",
		    JOB_CLASSES, JOB_THREADS_MAX);
	for (i = 0; i < count; i++) {
		kore_task_create(&job_runners[i],
		    job_entries[i < JOB_CLASSES ? i : JOB_SHORT]);
		kore_task_run(&job_runners[i]);
	}
	job_runner_count = count;
}

struct job *
job_start(enum job_class class, void (*work)(void *), void *input,
    void (*done)(void *, void *), void *arg)
{
	struct job_queue	*queue = &job_queues[class];
	struct job		*job;

	if (queue->length >= JOB_QUEUE_MAX) {
		metrics_add(METRIC_JOBS_REFUSED_SHORT + class, 1);
		return (NULL);
	}
	if ((job = calloc(1, sizeof(*job))) == NULL)
		return (NULL);
	metrics_add(METRIC_JOBS_SHORT + class, 1);
	job->work = work;
	job->done = done;
	job->input = input;
	job->arg = arg;
	job->since = kore_time_ms();

	pthread_mutex_lock(&job_lock);
	job->queue = queue;
	TAILQ_INSERT_TAIL(&queue->waiting, job, list);
	queue->length++;
	pthread_cond_signal(&queue->filled);
	pthread_mutex_unlock(&job_lock);

	return (job);
}

void
job_abandon(struct job *job)
{
	job->arg = NULL;
	pthread_mutex_lock(&job_lock);
	/* Not begun: nobody waits for it, and others want its place in line. */
	if (job->queue != NULL) {
		job_dequeue(job);
		TAILQ_INSERT_TAIL(&job_finished, job, list);
		job_wake_loop();
	}
	pthread_mutex_unlock(&job_lock);
}

void
job_wake_loop(void)
{
	const uint64_t	one = 1;

	/* EAGAIN means that the loop is being woken already. */
	if (write(job_wakeup.fd, &one, sizeof(one)) == -1)
		return;
}

u_int32_t
job_waiting(enum job_class class)
{
	u_int32_t	length;

	pthread_mutex_lock(&job_lock);
	length = job_queues[class].length;
	pthread_mutex_unlock(&job_lock);

	return (length);
}

static int
job_runner_short(struct kore_task *task)
{
	(void)task;
	job_runner(JOB_SHORT);

	return (KORE_RESULT_OK);
}

static int
job_runner_long(struct kore_task *task)
{
	(void)task;
	job_runner(JOB_LONG);

	return (KORE_RESULT_OK);
}

static int
job_runner_call(struct kore_task *task)
{
	(void)task;
	job_runner(JOB_CALL);

	return (KORE_RESULT_OK);
}

static int
job_runner_search(struct kore_task *task)
{
	(void)task;
	job_runner(JOB_SEARCH);

	return (KORE_RESULT_OK);
}

static int
job_runner_mail(struct kore_task *task)
{
	(void)task;
	job_runner(JOB_MAIL);

	return (KORE_RESULT_OK);
}

static void
job_runner(enum job_class class)
{
	struct job_queue	*queue = &job_queues[class];
	struct job		*job;
	u_int64_t		 began;
	sigset_t		 all;

	/* Kore's signals belong to the main thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	/* Linux: 0 is this thread. Where it is forbidden, all are alike. */
	(void)setpriority(PRIO_PROCESS, 0, JOB_NICE);

	for (;;) {
		pthread_mutex_lock(&job_lock);
		while ((job = TAILQ_FIRST(&queue->waiting)) == NULL)
			pthread_cond_wait(&queue->filled, &job_lock);
		job_dequeue(job);
		pthread_mutex_unlock(&job_lock);

		began = kore_time_ms();
		metrics_time(TIMING_JOB_WAIT_SHORT + class,
		    began - job->since);
		job->work(job->input);
		metrics_time(TIMING_JOB_RUN_SHORT + class,
		    kore_time_ms() - began);

		pthread_mutex_lock(&job_lock);
		TAILQ_INSERT_TAIL(&job_finished, job, list);
		pthread_mutex_unlock(&job_lock);
		job_wake_loop();
	}
}

/* Under the mutex. */
static void
job_dequeue(struct job *job)
{
	TAILQ_REMOVE(&job->queue->waiting, job, list);
	job->queue->length--;
	job->queue = NULL;
}

static void
job_collect(void *arg, int error)
{
	struct job	*job;
	uint64_t	 count;

	(void)arg;
	if (error)
		fatal("job: the wake-up descriptor failed");
	if (read(job_wakeup.fd, &count, sizeof(count)) == -1)
		return;

	for (;;) {
		pthread_mutex_lock(&job_lock);
		if ((job = TAILQ_FIRST(&job_finished)) != NULL)
			TAILQ_REMOVE(&job_finished, job, list);
		pthread_mutex_unlock(&job_lock);
		if (job == NULL)
			return;
		job->done(job->input, job->arg);
		free(job);
	}
}
