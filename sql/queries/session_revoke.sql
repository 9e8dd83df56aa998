-- $1 user id, $2 hash of the token
with gone as (
    delete from sessions where user_id = $1 and session_token = $2
    returning id, user_id, ip_address, user_agent
), noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    select user_id, 'session_revoked', ip_address, user_agent from gone
)
select id from gone
