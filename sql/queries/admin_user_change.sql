-- $1 administrator, $2 ADMIN_EMAIL or null, $3 account, $4 disabled? (or
-- null), $5 role (or null), $6 address, $7 user agent
select outcome from account_change($1, $2, $3, $4::boolean, $5, $6, $7)
