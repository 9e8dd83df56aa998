-- $1 hash of the token, $2 address, $3 user agent
with gone as (
    delete from sessions where session_token = $1 returning user_id
)
insert into audit (user_id, event, ip_address, user_agent)
select user_id, 'sign_out', $2, $3 from gone
