-- $1 user id, $2 hashes of new backup codes with blanks between, $3 address, $4 user agent. One row; none without a second factor
with owner as (
    select f.user_id from second_factors f
    join users u on u.id = f.user_id
    where f.user_id = $1 and u.two_factor_at is not null
), coded as materialized (
    select user_id from owner where backup_codes_renew(user_id, $2)
), noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    select user_id, 'backup_codes_renewed', $3, $4 from coded
)
select user_id from coded
