-- $1 e-mail in lower case. Signed out everywhere; one row, unless nobody has it
with who as materialized (
    select id from users where email = $1
), noted as (
    insert into audit (user_id, event) select id, 'disabled' from who
)
select id, account_disable(id) from who
