-- $1 user, $2 words that the name must hold (or null), $3 and $4 the cursor:
-- microseconds and id of the last one seen (or null), $5 limit. Newest first.
select id, name, documents, created_ms, updated_ms,
    (extract(epoch from created_at) * 1000000)::bigint as cursor_us
from collection_cards
where user_id = $1
and ($2::text is null or strpos(lower(name), lower($2)) > 0)
and ($3::bigint is null or (created_at, id) <
    (timestamptz 'epoch' + $3::bigint * interval '1 us', $4))
order by created_at desc, id desc limit $5::integer
