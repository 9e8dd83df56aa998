-- $1 hash of the token
with gone as (
    delete from sessions where session_token = $1
    returning user_id, ip_address, user_agent
)
insert into audit (user_id, event, ip_address, user_agent)
select user_id, 'sign_out', ip_address, user_agent from gone
