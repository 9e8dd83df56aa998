-- $1 administrator, $2 ADMIN_EMAIL or null, $3 account, $4 address, $5 user
-- agent. Ends all its sessions; no row: there is no such account, or $1 is no
-- administrator
with who as materialized (
    select id from users where id = $3 and is_administrator($1, $2)
), gone as (
    delete from sessions using who where user_id = who.id
    returning user_id
), noted as (
    insert into audit (user_id, event, actor_id, ip_address, user_agent)
    select id, 'sessions_revoked', $1, $4, $5 from who
    where exists (select from gone)
)
select id from who
