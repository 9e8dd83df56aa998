-- $1 user id, $2 address, $3 user agent. Everything of the person goes with the row
with gone as (
    select where account_erase($1)
)
insert into audit (event, ip_address, user_agent)
select 'user_deleted', $2, $3 from gone
