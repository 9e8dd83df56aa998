-- $1 hash of the token, $2 who is signed in or null, $3 id of the notice to the new address or null, $4 notice, $5 id of the same to the old address, $6 address, $7 user agent
select outcome, its_user
from email_confirm($1, $2, $3, $4, $5, $6, $7)
