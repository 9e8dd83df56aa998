-- $1 user id, $2 sealed secret, $3 hashes of the backup codes with blanks between, $4 address, $5 user agent. One row; none when a second factor is asked for already. Starting over replaces what was never confirmed
with made as (
    insert into second_factors as f (user_id, sealed)
    select id, $2 from users where id = $1 and two_factor_at is null
    on conflict (user_id) do update
    set sealed = excluded.sealed, last_step = 0, failures = 0,
        locked_until = null
    returning user_id
), noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    select user_id, 'two_factor_set_up', $4, $5 from made
)
select user_id, backup_codes_renew(user_id, $3) from made
