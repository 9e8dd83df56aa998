/*
 * A question, as the lexical search understands it: its words with the terms
 * that they are in each language of the index, its phrases in quotes, and how
 * much of it a passage covers.
 */
#ifndef LECTERN_QUESTION_H
#define LECTERN_QUESTION_H

#include <stddef.h>
#include <stdint.h>

#include "analyze.h"

#define QUESTION_WORDS_MAX	2048	/* distinct ones that are looked up */
#define QUESTION_PHRASES_MAX	8

/* A word of the question and one of its terms. */
struct question_term {
	uint64_t	hash;
	size_t		word;		/* index of its word */
	int64_t		df;		/* chunks that hold it */
};

struct question_word {
	uint64_t	key;		/* the term that tells words apart */
	int64_t		df;		/* chunks that hold one of its terms */
	double		idf;		/* for ranking */
	double		weight;		/* for judging: see question.c */
	int		is_common, is_name, is_whole, is_required;
};

struct question {
	char			*text;		/* owned copy */
	size_t			 len;
	uint32_t		 languages;	/* of the index */
	enum language		 language;	/* of the question */
	struct question_word	*words;		/* owned */
	size_t			 words_len;
	struct question_term	*terms;		/* owned; any order */
	size_t			 terms_len, terms_size;
	struct {
		size_t	start, end;		/* bytes, without quotes */
	}			 phrases[QUESTION_PHRASES_MAX];
	size_t			 phrases_len;
	double			 weight;	/* of the whole question */
	double			 missing;	/* see lexical.h */
	int			 has_failed;	/* no memory */
};

/* 0, or -1: no memory; question_close() is due in both cases. */
int	question_open(struct question *, const char *text);
void	question_close(struct question *);
/* Finds words and terms, for an index that holds these languages. */
int	question_analyze(struct question *, uint32_t languages);
/* A term's count of chunks, once for each that the index has. */
void	question_count(struct question *, uint64_t hash, int64_t df);
/* When all counts are told: weighs, for an index of so many chunks. */
void	question_weigh(struct question *, double chunks);
/* 1: a word that a passage must hold is in none. */
int	question_is_hopeless(const struct question *);
/*
 * The share of the question's weight, 0..1, in a passage with these words
 * (a set of terms[], bit n for number[n]).
 */
double	question_coverage(const struct question *, const size_t *number,
	    size_t count, uint64_t held);
#endif
