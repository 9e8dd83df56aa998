-- $1 administrator, $2 ADMIN_EMAIL or null, $3 words that the address of the
-- account or the administrator, or the network address, must hold (or null),
-- $4 and $5 the cursor: microseconds and id (32 digits) of the last one seen
-- (or null), $6 limit, $7 event (or null), $8 account (or null). Newest first;
-- no row for anybody who is no administrator.
select lpad(a.id::text, 32, '0') as id,
    (extract(epoch from a.at) * 1000)::bigint as at_ms, a.event,
    a.user_id, u.email, a.actor_id, b.email, a.ip_address, a.user_agent,
    a.detail, (extract(epoch from a.at) * 1000000)::bigint as cursor_us
from audit a
left join users u on u.id = a.user_id
left join users b on b.id = a.actor_id
where (select is_administrator($1, $2))
and ($3::text is null or strpos(concat_ws(' ', u.email, b.email,
    a.ip_address), lower($3)) > 0)
and ($4::bigint is null or (a.at, a.id) <
    (timestamptz 'epoch' + $4::bigint * interval '1 us', $5::numeric::bigint))
and ($7::text is null or a.event = $7)
and ($8::text is null or a.user_id = $8)
order by a.at desc, a.id desc limit $6::integer
