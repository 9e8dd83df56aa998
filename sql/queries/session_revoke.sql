-- $1 user id, $2 hash of the token, $3 address, $4 user agent
with gone as (
    delete from sessions where user_id = $1 and session_token = $2
    returning id, user_id
), noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    select user_id, 'session_revoked', $3, $4 from gone
)
select id from gone
