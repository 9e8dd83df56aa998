-- $1 key of the account, $2 its e-mail in lower case, $3 hash of the session token presented or null, $4 device. Seconds to wait (0: go on), and the key that success clears
select wait, its_key from attempt_take($1, $2, $3, $4)
