/*
 * Requests and replies of embedding and rerank end points, by jansson.
 *
 * Deliberately missing: base64 vectors (nobody sends them unasked), token
 * counts, and error bodies, whose words are for nobody.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "embedwire.h"

static json_t		*embedwire_texts(const char *const *, size_t);
static json_t		*embedwire_list(json_t *);
static const json_t	*embedwire_vector(const json_t *, size_t, size_t *);
static const char	*embedwire_read(json_t *, size_t,
			    struct embedwire_vectors *);
static const char	*embedwire_numbers(const json_t *, float *, size_t);

char *
embedwire_request(enum embedwire_format format, const char *model,
    size_t dimensions, const char *const *texts, size_t count)
{
	json_t	*body, *list;
	char	*text;

	if ((list = embedwire_texts(texts, count)) == NULL)
		return (NULL);
	/* Both would refuse a text that is too long, without truncate. */
	if (format == EMBEDWIRE_TEI)
		body = json_pack("{s:o, s:b}", "inputs", list, "truncate", 1);
	else if (format == EMBEDWIRE_OLLAMA)
		body = json_pack("{s:s, s:o, s:b}", "model", model,
		    "input", list, "truncate", 1);
	else
		body = json_pack("{s:s, s:o, s:s}", "model", model,
		    "input", list, "encoding_format", "float");
	if (body != NULL && dimensions != 0 && format != EMBEDWIRE_TEI)
		(void)json_object_set_new(body, "dimensions",
		    json_integer((json_int_t)dimensions));
	text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
	json_decref(body);

	return (text);
}

static json_t *
embedwire_texts(const char *const *texts, size_t count)
{
	json_t	*list = json_array();
	size_t	 i;

	for (i = 0; i < count; i++) {
		if (json_array_append_new(list, json_string(texts[i])) == 0)
			continue;
		json_decref(list);
		return (NULL);
	}

	return (list);
}

int
embedwire_reply(const char *reply, size_t len, size_t count,
    struct embedwire_vectors *vectors, const char **why)
{
	json_t	*root;

	memset(vectors, 0, sizeof(*vectors));
	root = json_loadb(reply, len, 0, NULL);
	*why = root == NULL ? "no JSON" :
	    embedwire_read(embedwire_list(root), count, vectors);
	json_decref(root);
	if (*why == NULL)
		return (0);
	embedwire_free(vectors);

	return (-1);
}

void
embedwire_free(struct embedwire_vectors *vectors)
{
	free(vectors->values);
	memset(vectors, 0, sizeof(*vectors));
}

/* The list of vectors in whichever reply this is, or NULL. */
static json_t *
embedwire_list(json_t *root)
{
	json_t	*list;

	if (json_is_array(root))
		return (root);
	if ((list = json_object_get(root, "data")) == NULL)
		list = json_object_get(root, "embeddings");

	return (list);
}

/* The i-th vector and the place of its text; NULL: this is none. */
static const json_t *
embedwire_vector(const json_t *list, size_t i, size_t *place)
{
	const json_t	*item = json_array_get(list, i), *index;

	*place = i;
	if (!json_is_object(item))
		return (item);
	/* OpenAI's order is that of index, not of the list. */
	index = json_object_get(item, "index");
	if (json_is_integer(index) && json_integer_value(index) >= 0)
		*place = (size_t)json_integer_value(index);

	return (json_object_get(item, "embedding"));
}

/* NULL, or what is wrong. */
static const char *
embedwire_read(json_t *list, size_t count, struct embedwire_vectors *vectors)
{
	const json_t	*vector;
	const char	*why;
	char		*is_seen;
	size_t		 i, place, dimensions;

	if (!json_is_array(list))
		return ("no list of vectors");
	if (json_array_size(list) != count || count == 0)
		return ("another number of vectors than of texts");
	vector = embedwire_vector(list, 0, &place);
	dimensions = json_array_size(vector);
	if (dimensions == 0 || dimensions > EMBEDWIRE_DIMENSIONS_MAX)
		return ("a vector of no usable length");

	vectors->count = count;
	vectors->dimensions = dimensions;
	vectors->values = calloc(count * dimensions, sizeof(float));
	is_seen = calloc(count, 1);
	why = vectors->values == NULL || is_seen == NULL ? "no memory" : NULL;
	for (i = 0; i < count && why == NULL; i++) {
		vector = embedwire_vector(list, i, &place);
		if (place >= count || is_seen[place])
			why = "an index that is wrong";
		else if (json_array_size(vector) != dimensions)
			why = "vectors of different lengths";
		else
			why = embedwire_numbers(vector, vectors->values +
			    place * dimensions, dimensions);
		if (why == NULL)
			is_seen[place] = 1;
	}
	free(is_seen);

	return (why);
}

static const char *
embedwire_numbers(const json_t *vector, float *values, size_t dimensions)
{
	const json_t	*number;
	double		 sum = 0;
	size_t		 i;

	for (i = 0; i < dimensions; i++) {
		number = json_array_get(vector, i);
		if (!json_is_number(number))
			return ("a vector of something else than numbers");
		values[i] = (float)json_number_value(number);
		sum += (double)values[i] * (double)values[i];
	}
	/* halfvec's largest number is 65504. */
	if (!isfinite(sum) || sum > 65504.0 * 65504.0)
		return ("numbers that are too large");
	/* It has no direction, so that nothing is near to it. */
	if (sum < 1e-12)
		return ("a vector of zeros");

	return (NULL);
}

char *
embedwire_rerank_request(int is_tei, const char *model, const char *query,
    const char *const *texts, size_t count)
{
	json_t	*body, *list;
	char	*text;

	if ((list = embedwire_texts(texts, count)) == NULL)
		return (NULL);
	if (is_tei)
		body = json_pack("{s:s, s:o, s:b}", "query", query,
		    "texts", list, "truncate", 1);
	else
		body = json_pack("{s:s, s:s, s:o, s:I}", "model", model,
		    "query", query, "documents", list,
		    "top_n", (json_int_t)count);
	text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
	json_decref(body);

	return (text);
}

int
embedwire_rerank_reply(const char *reply, size_t len, double *scores,
    size_t count)
{
	json_t		*root, *list, *item, *index, *score;
	size_t		 i, place;
	int		 ret = -1;

	for (i = 0; i < count; i++)
		scores[i] = -HUGE_VAL;
	root = json_loadb(reply, len, 0, NULL);
	list = json_is_array(root) ? root : json_object_get(root, "results");
	if (!json_is_array(list) || json_array_size(list) == 0 ||
	    json_array_size(list) > count)
		goto out;
	json_array_foreach(list, i, item) {
		index = json_object_get(item, "index");
		score = json_object_get(item, "relevance_score");
		if (score == NULL)
			score = json_object_get(item, "score");
		if (!json_is_integer(index) || !json_is_number(score) ||
		    json_integer_value(index) < 0)
			goto out;
		place = (size_t)json_integer_value(index);
		if (place >= count || scores[place] > -HUGE_VAL)
			goto out;
		scores[place] = json_number_value(score);
	}
	ret = 0;
out:
	json_decref(root);

	return (ret);
}
