-- $1 user id, $2 half minute of the app's code or null, $3 hash of the backup code or null, $4 secret sealed anew, $5 address, $6 user agent. True; false when the code was used before
with used as (
    select two_factor_use($1, $2::bigint, $3, $4) as is_good
), noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    select $1, 'backup_code_used', $5, $6 from used
    where is_good and $3::text is not null
)
select is_good from used
