/*
 * Whether what Lectern depends on answers: for `lectern check` and for the
 * administrators' page. Nothing is changed and no mail is sent.
 */
#ifndef LECTERN_PROBE_H
#define LECTERN_PROBE_H

#include <stdint.h>

#define PROBE_WHY_MAX	512

enum probe_verdict {
	PROBE_OK,
	PROBE_OFF,	/* was not asked for */
	PROBE_FAILED	/* was asked for, and does not answer */
};

struct probe {
	const char		*name;	/* constant */
	enum probe_verdict	 verdict;
	char			 why[PROBE_WHY_MAX]; /* for people, or "" */
};

/*
 * Judged by what the database was asked: the schema's version (-1: none), and
 * the columns of vector_extension.sql (NULL for null). Quick.
 */
void	probe_schema(struct probe *, int64_t version);
void	probe_pgvector(struct probe *, const char *enabled,
	    const char *available, int may_enable);
/*
 * These ask whoever is configured, and wait ten seconds at most each. For job
 * threads and commands; `config` is read.
 */
void	probe_mail(struct probe *);
void	probe_model(struct probe *);
void	probe_embeddings(struct probe *);
void	probe_rerank(struct probe *);

#endif
