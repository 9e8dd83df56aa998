-- $1 user, $2 words that the title or a message must hold (or null), $3 and $4
-- the cursor: microseconds and id of the last one seen (or null), $5 limit.
-- Newest first.
select id, client_id, title,
    (extract(epoch from created_at) * 1000)::bigint as created_ms,
    (extract(epoch from updated_at) * 1000)::bigint as updated_ms,
    (extract(epoch from updated_at) * 1000000)::bigint as cursor_us
from conversations c
where user_id = $1
and ($2::text is null or strpos(lower(title), lower($2)) > 0
    or exists (select from messages m where m.conversation_id = c.id
	and strpos(lower(m.text), lower($2)) > 0))
and ($3::bigint is null or (updated_at, id) <
    (timestamptz 'epoch' + $3::bigint * interval '1 us', $4))
order by updated_at desc, id desc limit $5::integer
