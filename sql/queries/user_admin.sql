-- $1 e-mail in lower case. One row, unless nobody has it
with changed as (
    update users set role = 'admin', updated_at = now() where email = $1
    returning id
), noted as (
    insert into audit (user_id, event) select id, 'made_admin' from changed
)
select id from changed
