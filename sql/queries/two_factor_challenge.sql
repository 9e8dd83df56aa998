-- $1 user id, $2 hash of the trusted device's token or null, $3 hash of the token that replaces it, or is the challenge's, $4 will be remembered?, $5 key of the attempt that has succeeded or null (limits are off), $6 the password hash that was looked at. True: the device is trusted; no row: the hash is another by now
with owner as materialized (
    select id from users where id = $1 and password_hash = $6
    for no key update
), forgiven as (
    delete from attempts where key = $5
)
select two_factor_challenge(id, $2, $3, $4) from owner
