-- $1 user, $2 words that title or file name must hold (or null), $3 status
-- (or null), $4 and $5 the cursor: sort key and id of the last one seen (or
-- null), $6 limit, $7 what to sort by (title, size, status, createdAt,
-- updatedAt), $8 whether the last comes first, $9 collection: id or name (or
-- null), $10 only the shared library (true), only own ones (false) or both
-- (null). By status is: failed, being read, waiting, ready. All of them are
-- looked at.
with chosen as materialized (
	select collection_documents_of($1, $9) as ids
), page as materialized (
	select * from (
		select id, case when $7 = 'status' then array_position(
		    '{failed,processing,queued,ready}', status)::text
		    else document_sort_key($7, title, size, created_at,
		    updated_at) end collate "C" as cursor_key
		from documents
		where coalesce(owner, '') in ($1, '') and deleted_at is null
		    and ($2::text is null or strpos(
		    lower(concat_ws(' ', title, filename)), lower($2)) > 0)
		    and ($3::text is null or status = $3)
		    and ($10::boolean is null or $10 = (owner is null))
		    and ($9::text is null or
		    id = any((select ids from chosen)::text[]))
	) d
	where $4::text is null or case when $8::boolean
	    then (cursor_key, id collate "C") < ($4, $5)
	    else (cursor_key, id collate "C") > ($4, $5) end
	order by case when $8::boolean then cursor_key end desc,
	    case when $8::boolean then id collate "C" end desc,
	    cursor_key, id collate "C"
	limit $6::integer
)
select null as outcome, id, external_id, title, filename, media_type, size,
    sha256, chunks, status, error, is_shared, created_ms, updated_ms,
    cursor_key, (select document_usage($1)) as usage,
    $9::text is not null and (select ids from chosen) is null
    as is_collection_missing
from (select) one left join (page join document_cards using (id)) on true
order by case when $8::boolean then cursor_key end desc,
    case when $8::boolean then id collate "C" end desc,
    cursor_key, id collate "C"
