-- $1 user, $2 words that title or file name must hold (or null), $3 and $4
-- the cursor: microseconds and id of the last one seen (or null), $5 limit.
-- Own ones and the shared library, newest first, each by its own index.
with page as (
	(select * from document_cards
	where coalesce(owner, '') = $1 and ($3::bigint is null or
	    (created_at, id) < (timestamptz 'epoch' +
	    $3::bigint * interval '1 us', $4))
	    and ($2::text is null or
	    strpos(lower(concat_ws(' ', title, filename)), lower($2)) > 0)
	order by created_at desc, id desc limit $5::integer)
	union all
	(select * from document_cards
	where coalesce(owner, '') = '' and ($3::bigint is null or
	    (created_at, id) < (timestamptz 'epoch' +
	    $3::bigint * interval '1 us', $4))
	    and ($2::text is null or
	    strpos(lower(concat_ws(' ', title, filename)), lower($2)) > 0)
	order by created_at desc, id desc limit $5::integer)
)
select null as outcome, id, external_id, title, filename, media_type, size,
    sha256, chunks, status, error, is_shared, created_ms, updated_ms,
    (extract(epoch from created_at) * 1000000)::bigint as cursor_us
from page order by created_at desc, id desc limit $5::integer
