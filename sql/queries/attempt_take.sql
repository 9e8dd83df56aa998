-- $1 key of the account, $2 its e-mail in lower case, $3 hash of the session token presented or null, $4 device
select wait, its_key
from attempt_take($1, $2, (select id from sessions where session_token = $3), $4)
