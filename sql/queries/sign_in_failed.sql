-- $1 user id or null (nobody has that address), $2 address, $3 user agent
insert into audit (user_id, event, ip_address, user_agent)
values ((select id from users where id = $1), 'sign_in_failed', $2, $3)
