-- $1 user id, $2 the session to keep or null, $3 address, $4 user agent
with gone as (
    delete from sessions where user_id = $1 and id is distinct from $2
    returning id
)
insert into audit (user_id, event, ip_address, user_agent)
select $1, 'sessions_revoked', $3, $4 where exists (select from gone)
