-- $1 key of the attempt or null (limits are off), $2 key of the mails' allowance or null, $3 milliseconds that one takes, $4 seconds of its window, $5 e-mail in lower case, $6 letter's id or null (mail is off), $7 hash of its token, $8 letter. The password was right: its attempt is forgiven, and a letter goes out unless there were many
with forgiven as (
    delete from attempts where key = $1
), allowed as (
    select id from users
    where email = $5 and not email_verified and disabled_at is null
      and ($2::text is null or limit_take($2, $3::integer, $4::integer) = 0)
), token as (
    insert into mail_tokens (hash, purpose, user_id, email)
    select $7, 'verify', id, $5 from allowed where $6::text is not null
)
select outbox_put($6, $5, $8) from allowed
