-- $1 administrator, $2 ADMIN_EMAIL or null, $3 account, $4 address, $5 user
-- agent
select outcome from account_drop($1, $2, $3, $4, $5)
