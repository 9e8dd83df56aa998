/*
 * Citations as JSON. Start and end count in the document's text: the
 * passage's place plus the quote's place in the passage. The quote is the
 * bytes themselves, and the hash is taken from them.
 */
#include <stdlib.h>
#include <string.h>

#include "citation.h"
#include "uistream.h"
#include "utf8.h"

/* The page that the quote begins on, or NULL. */
static json_t *
citation_page(const struct passage *p, const struct cite_mark *m)
{
	const char	*at = p->page_breaks;
	char		*end;
	int64_t		 page = p->page;

	if (page == 0)
		return (NULL);
	while (at != NULL && (*at == '{' || *at == ',')) {
		if (strtoll(at + 1, &end, 10) > p->start + (int64_t)m->from ||
		    end == at + 1)
			break;
		page++;
		at = end;
	}

	return (json_integer((json_int_t)page));
}

json_t *
citation_json(const struct passage *p, const struct cite_mark *m)
{
	const char	*quote = p->text + m->from;
	size_t		 len = m->to - m->from;
	char		 hash[CITE_SHA256_SIZE];

	if (m->from >= m->to || m->to > p->text_len ||
	    p->end - p->start != (int64_t)p->text_len ||
	    !utf8_is_text(quote, len))
		return (NULL);
	cite_sha256(quote, len, hash);

	return (json_pack("{s:I, s:s, s:s, s:I, s:I, s:s%, s:s, s:s*, s:o*}",
	    "n", (json_int_t)m->n, "documentId", p->document_id,
	    "title", p->title, "start", (json_int_t)p->start +
	    (json_int_t)m->from, "end", (json_int_t)p->start +
	    (json_int_t)m->to, "quote", quote, len, "sha256", hash,
	    "heading", p->heading[0] == '\0' ? NULL : p->heading,
	    "page", citation_page(p, m)));
}

json_t *
citation_list(const struct passage *passages, const struct cite *c)
{
	json_t	*list = json_array(), *citation;
	size_t	 i;

	for (i = 0; i < c->marks_len; i++) {
		if (cite_first_alike(c, i) != i)
			continue;
		citation = citation_json(&passages[c->marks[i].passage],
		    &c->marks[i]);
		if (citation != NULL)
			json_array_append_new(list, citation);
	}

	return (list);
}

json_t *
citation_find(const struct passage *p, const struct cite_mark *m,
    const json_t *list)
{
	json_t		*citation;
	json_int_t	 start = (json_int_t)p->start + (json_int_t)m->from;
	json_int_t	 end = (json_int_t)p->start + (json_int_t)m->to;
	size_t		 i;

	json_array_foreach(list, i, citation)
		if (json_integer_value(json_object_get(citation, "n")) ==
		    (json_int_t)m->n && json_integer_value(
		    json_object_get(citation, "start")) == start &&
		    json_integer_value(json_object_get(citation, "end")) ==
		    end)
			return (citation);

	return (NULL);
}

void
citation_text(const struct passage *passages, const struct cite *c,
    const json_t *list, struct buffer *out)
{
	const struct cite_mark	*m;
	const char		*text = buffer_text(&c->text);
	size_t			 i, at = 0, end;

	for (i = 0; i < c->marks_len; i++) {
		m = &c->marks[i];
		if (citation_find(&passages[m->passage], m, list) != NULL)
			continue;
		for (end = m->at; end > at && text[end - 1] == ' '; end--)
			continue;
		buffer_add(out, text + at, end - at);
		at = m->end;
	}
	buffer_add(out, text + at, c->text.len - at);
}

json_t *
citation_marks(const struct passage *passages, const struct cite *c,
    const json_t *list)
{
	json_t			*marks = json_array(), *citation;
	const struct cite_mark	*m;
	size_t			 i;

	for (i = 0; i < c->marks_len; i++) {
		m = &c->marks[i];
		citation = citation_find(&passages[m->passage], m, list);
		if (citation != NULL)
			json_array_append_new(marks, uistream_text_citation(
			    citation, m->claim_utf16, m->end_utf16));
	}

	return (marks);
}
