-- $1 hash of the token, $2 new password hash, $3 notice's id or null (mail is off), $4 notice, $5 address, $6 user agent. One row when it was done; all sessions end, no device is trusted any more
with used as (
    delete from mail_tokens
    where hash = $1 and purpose = 'reset' and expires_at > now()
      and user_id is not null
    returning user_id
), others as (
    delete from mail_tokens using used
    where purpose = 'reset' and mail_tokens.user_id = used.user_id
      and hash <> $1
), changed as (
    update users set password_hash = $2 from used
    where users.id = used.user_id
    returning users.id, users.email
), noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    select id, 'password_reset', $5, $6 from changed
)
select id, outbox_put($3, email, $4), sessions_end(id, null, true)
from changed
