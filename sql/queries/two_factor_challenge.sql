-- $1 user id, $2 hash of the trusted device's token or null, $3 hash of the token that replaces it, or is the challenge's, $4 will be remembered?, $5 key of the attempt that has succeeded or null (limits are off). True: the device is trusted
with forgiven as (
    delete from attempts where key = $5
)
select two_factor_challenge($1, $2, $3, $4)
