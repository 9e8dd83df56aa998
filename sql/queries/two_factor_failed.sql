-- $1 user id, $2 address, $3 user agent
insert into audit (user_id, event, ip_address, user_agent)
select id, 'two_factor_failed', $2, $3 from users where id = $1
