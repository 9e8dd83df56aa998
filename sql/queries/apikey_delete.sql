-- $1 id, $2 user id, $3 address, $4 user agent. No row: the user has no such key
with gone as (
    delete from api_keys where id = $1 and user_id = $2
    returning id, user_id
), noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    select user_id, 'api_key_deleted', $3, $4 from gone
)
select id from gone
