-- $1 user id, $2 name or null (keep), $3 set the image?, $4 image or null, $5 address, $6 user agent
with changed as (
    update users set name = coalesce($2, name),
        image = case when $3::boolean then $4 else image end,
        updated_at = now()
    where id = $1
    returning id
)
insert into audit (user_id, event, ip_address, user_agent)
select id, 'profile_updated', $5, $6 from changed
