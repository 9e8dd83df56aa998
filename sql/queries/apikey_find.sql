-- $1 hash of the key. Who its owner is; notes the use, at most once a minute
with found as (
    select k.id as key_id, u.id, u.email, u.email_verified, u.role,
           coalesce(k.created_at >= u.two_factor_at, false) as is_factored
    from api_keys k
    join users u on u.id = k.user_id
    where k.hash = $1
      and (k.expires_at is null or k.expires_at > now())
      and u.disabled_at is null
), used as (
    update api_keys k set last_used_at = now() from found
    where k.id = found.key_id and (k.last_used_at is null
        or k.last_used_at <= now() - interval '1 minute')
)
select id, email, email_verified, role, is_factored from found
