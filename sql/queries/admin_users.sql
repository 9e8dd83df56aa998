-- $1 administrator, $2 ADMIN_EMAIL or null, $3 words that address or name must
-- hold (or null), $4 and $5 the cursor: sort key and id of the last one seen
-- (or null), $6 limit, $7 what to sort by (createdAt, email, name, lastSeenAt,
-- storage, questions), $8 whether the last comes first. No row for anybody
-- who is no administrator.
with page as materialized (
	select * from (
		select u.id, account_sort_key($7, u) collate "C" as cursor_key
		from users u
		where ($3::text is null
		    or strpos(lower(concat_ws(' ', name, email)), lower($3)) > 0)
		    and (select is_administrator($1, $2))
	) k
	where $4::text is null or case when $8::boolean
	    then (cursor_key, id collate "C") < ($4, $5)
	    else (cursor_key, id collate "C") > ($4, $5) end
	order by case when $8::boolean then cursor_key end desc,
	    case when $8::boolean then id collate "C" end desc,
	    cursor_key, id collate "C"
	limit $6::integer
)
select c.*, cursor_key from page join account_cards c using (id)
order by case when $8::boolean then cursor_key end desc,
    case when $8::boolean then id collate "C" end desc,
    cursor_key, id collate "C"
