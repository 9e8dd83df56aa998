-- $1 hash of the challenge's token, $2 half minute of the app's code or null, $3 hash of the backup code or null, $4 secret sealed anew, $5 id of the new session, $6 hash of its token, $7 seconds of life when remembered, $8 seconds when not, $9 address, $10 user agent, $11 hash of a trusted device's token or null, $12 device, $13 id of the notice of a new device or null (mail is off), $14 notice. Whether the session is remembered and whether the device is new; no row when the code was used before
with passed as (
    select its_user, its_is_remembered
    from two_factor_pass($1, $2::bigint, $3, $4)
), signed_in as (
    insert into sessions (id, user_id, session_token, expires_at,
        is_remembered, ip_address, user_agent)
    select $5, its_user, $6, now() + interval '1 second' *
        case when its_is_remembered then $7::bigint else $8::bigint end,
        its_is_remembered, $9, $10
    from passed
), trusted as (
    insert into second_factor_tokens (hash, purpose, user_id, expires_at)
    select $11, 'trust', its_user, now() + interval '30 days'
    from passed where $11::text is not null
), noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    select its_user, event, $9, $10
    from passed, unnest(case when $3::text is null
        then array['sign_in'] else array['backup_code_used', 'sign_in'] end)
        event
)
select passed.its_is_remembered, seen.is_new,
       outbox_put(case when seen.is_new then $13 end, users.email, $14)
from passed
join users on users.id = passed.its_user
cross join lateral (
    select device_see(passed.its_user, $12) as is_new
) seen
