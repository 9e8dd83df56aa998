-- $1 user id, $2 the session that ends, $3 id of the one that replaces it, $4 hash of its token, $5 seconds of life, $6 remembered?, $7 address, $8 user agent, $9 notice's id or null (mail is off), $10 notice. Secret, backup codes, challenges and trusted devices go. Whether one was asked for
with ended as (
    delete from sessions where id = $2 and user_id = $1 returning user_id
), dropped as (
    delete from second_factors f using ended where f.user_id = ended.user_id
), forgotten as (
    delete from second_factor_tokens t using ended
    where t.user_id = ended.user_id
), opened as (
    insert into sessions (id, user_id, session_token, expires_at,
        is_remembered, ip_address, user_agent)
    select $3, user_id, $4, now() + $5::bigint * interval '1 second', $6,
        $7, $8
    from ended
), disabled as (
    update users set two_factor_at = null, updated_at = now()
    from ended
    where id = ended.user_id and two_factor_at is not null
    returning id, email
), noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    select id, 'two_factor_disabled', $7, $8 from disabled
)
select (select outbox_put($9, email, $10) from disabled) from ended
