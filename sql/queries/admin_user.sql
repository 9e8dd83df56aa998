-- $1 administrator, $2 ADMIN_EMAIL or null, $3 account. No row: there is none,
-- or $1 is no administrator
select c.* from account_cards c
where id = $3 and (select is_administrator($1, $2))
