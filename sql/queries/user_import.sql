-- $1 id, $2 e-mail in lower case, $3 name, $4 verified?, $5 image or null, $6 created, $7 updated, $8 password hash or null, $9 disabled? One row, unless somebody has the address or the id
with made as (
    insert into users (id, email, name, email_verified, image, created_at,
        updated_at, password_hash, disabled_at)
    select $1, lower($2), $3, $4::boolean, $5, $6::timestamptz,
        $7::timestamptz, $8, case when $9::boolean then now() end
    where length($1) <= 36
    on conflict do nothing
    returning id
), noted as (
    insert into audit (user_id, event) select id, 'taken_over' from made
)
select id from made
