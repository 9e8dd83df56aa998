-- $1 user id, $2 address, $3 user agent. Everything of the person goes with the row
with gone as (
    delete from users where id = $1 returning id
)
insert into audit (event, ip_address, user_agent)
select 'user_deleted', $2, $3 from gone
