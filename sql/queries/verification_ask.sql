-- $1 e-mail in lower case, $2 letter's id or null (mail is off), $3 hash of its token, $4 letter. Writes the same for an unknown address
with who as (
    select id from users
    where email = $1 and not email_verified and disabled_at is null
), token as (
    insert into mail_tokens (hash, purpose, user_id, email)
    select $3, 'verify', (select id from who), $1
    where $2::text is not null
)
select outbox_put($2, case when exists (select from who) then $1 end, $4)
