-- $1 user, $2 words that title or file name must hold (or null), $3 status
-- (or null), $4 and $5 the cursor: microseconds and id of the last one seen
-- (or null), $6 limit, $7 collection: id or name (or null), $8 only the shared
-- library (true), only own ones (false) or both (null). Newest first, own ones
-- and the shared library each by its own index.
with chosen as materialized (
	select collection_documents_of($1, $7) as ids
), page as (
	(select * from document_cards
	where coalesce(owner, '') = $1 and $8::boolean is not true
	    and ($4::bigint is null or
	    (created_at, id) < (timestamptz 'epoch' +
	    $4::bigint * interval '1 us', $5))
	    and ($2::text is null or
	    strpos(lower(concat_ws(' ', title, filename)), lower($2)) > 0)
	    and ($3::text is null or status = $3)
	    and ($7::text is null or
	    id = any((select ids from chosen)::text[]))
	order by created_at desc, id desc limit $6::integer)
	union all
	(select * from document_cards
	where coalesce(owner, '') = '' and $8::boolean is not false
	    and ($4::bigint is null or
	    (created_at, id) < (timestamptz 'epoch' +
	    $4::bigint * interval '1 us', $5))
	    and ($2::text is null or
	    strpos(lower(concat_ws(' ', title, filename)), lower($2)) > 0)
	    and ($3::text is null or status = $3)
	    and ($7::text is null or
	    id = any((select ids from chosen)::text[]))
	order by created_at desc, id desc limit $6::integer)
)
select null as outcome, id, external_id, title, filename, media_type, size,
    sha256, chunks, status, error, is_shared, created_ms, updated_ms,
    (extract(epoch from created_at) * 1000000)::bigint as cursor_key,
    (select document_usage($1)) as usage,
    $7::text is not null and (select ids from chosen) is null
    as is_collection_missing
from (select) one left join (select * from page
    order by created_at desc, id desc limit $6::integer) p on true
order by created_at desc, id desc
