-- $1 e-mail address
select id from users where email = lower($1)
