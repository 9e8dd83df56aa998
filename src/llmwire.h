/*
 * The words of an OpenAI-compatible POST /chat/completions: the request's
 * JSON, and the chunks of its streamed reply
 * (https://platform.openai.com/docs/api-reference/chat). No network here.
 */
#ifndef LECTERN_LLMWIRE_H
#define LECTERN_LLMWIRE_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define LLMWIRE_REASON_LEN	32

struct llm_message {
	const char	*role;		/* "system", "user" or "assistant" */
	const char	*text;		/* UTF-8 */
};

struct llm_usage {
	int		 is_known;	/* 0: the end point did not tell */
	int64_t		 input_tokens;
	int64_t		 output_tokens;
	int64_t		 total_tokens;
};

/* What a caller may ask for. llm_options_init() sets everything to unset. */
struct llm_options {
	int64_t		 max_tokens;	/* 0: as the end point likes */
	double		 temperature;	/* NAN: as the end point likes */
	const json_t	*stop;		/* array of strings, borrowed; NULL */
	const char	*request_id;	/* sent as x-request-id, or NULL */
	int64_t		 timeout_ms;	/* of the whole call; 0: the default */
	int		 is_small;	/* a title, a rewritten question: not
					   repeated when it fails */
};

enum llmwire_kind {
	LLMWIRE_CHUNK,		/* text, a reason, usage, or nothing at all */
	LLMWIRE_DONE,		/* [DONE] */
	LLMWIRE_ERROR,		/* the end point says that it failed */
	LLMWIRE_GARBAGE		/* nothing that such an end point says */
};

/* One event of the reply, taken apart; all of it lives until the next call. */
struct llmwire_chunk {
	json_t		*root;		/* owned */
	const char	*text;		/* UTF-8, may hold NULs; or NULL */
	size_t		 len;
	const char	*reason;	/* finish_reason, or NULL */
	struct llm_usage usage;
	long		 status;	/* of an error, as HTTP has it; or 0 */
};

void	 llm_options_init(struct llm_options *);
/*
 * The body of a streamed request. Options may be NULL. The caller frees it;
 * NULL: a text is not UTF-8, or there is no memory.
 */
char	*llmwire_request(const char *model, const struct llm_message *, size_t,
	    const struct llm_options *);
/*
 * Takes one event's data apart. Bad UTF-8 and halves of surrogate pairs,
 * which end points that cut their text by bytes or by UTF-16 units send,
 * become U+FFFD. To be ended with llmwire_free() whatever the kind.
 */
enum llmwire_kind llmwire_read(struct llmwire_chunk *, const char *data,
	    size_t len);
void	 llmwire_free(struct llmwire_chunk *);

#endif
