-- $1 e-mail in lower case. Signed out everywhere; one row, unless nobody has it
with changed as (
    update users set disabled_at = coalesce(disabled_at, now()) where email = $1
    returning id
), ended as (
    delete from sessions using changed where user_id = changed.id
), void as (
    delete from mail_tokens using changed where user_id = changed.id
), noted as (
    insert into audit (user_id, event) select id, 'disabled' from changed
)
select id from changed
