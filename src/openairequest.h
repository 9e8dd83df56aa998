/*
 * What POST /v1/chat/completions is asked: OpenAI's request, judged. What
 * would change the answer's meaning and is not offered here is refused with
 * the name of the parameter; what only tunes or labels is passed over.
 */
#ifndef LECTERN_OPENAIREQUEST_H
#define LECTERN_OPENAIREQUEST_H

#include <jansson.h>

#include "buffer.h"
#include "llmwire.h"

#define OPENAIREQUEST_QUESTION_MAX	16384	/* bytes */
#define OPENAIREQUEST_SYSTEM_MAX	32768	/* bytes of all of them */
#define OPENAIREQUEST_MESSAGES_MAX	2000
#define OPENAIREQUEST_TOKENS_MAX	1000000
#define OPENAIREQUEST_STOPS_MAX		4
#define OPENAIREQUEST_STOP_MAX		256	/* bytes of one */
#define OPENAIREQUEST_NAME_MAX		400	/* bytes of a collection's */
#define OPENAIREQUEST_DOCUMENTS_MAX	1000

struct openairequest {
	const char	*model;		/* these borrow from the body */
	const char	*collection;	/* id or name, or NULL */
	int		 is_model_collection; /* and the model named it */
	const json_t	*document_ids;	/* array of strings, or NULL */
	struct buffer	 question;	/* the last message's text */
	struct buffer	 instructions;	/* system and developer messages */
	json_t		*turns;		/* [{role, text}] between them */
	json_t		*stop;		/* what options.stop borrows */
	struct llm_options options;
	int		 is_stream, has_usage;
};

struct openairequest_refusal {
	int	is_no_model;		/* 404: there is no such model */
	char	param[64];		/* the parameter to blame */
	char	message[256];
};

/*
 * Reads the body (an object, which must outlive the result). 0, or -1 and why.
 * openairequest_free() is due in both cases.
 */
int	openairequest_read(struct openairequest *, const json_t *body,
	    struct openairequest_refusal *);
void	openairequest_free(struct openairequest *);

#endif
