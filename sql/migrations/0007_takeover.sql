-- Hashes that other programs have left: sign-in asks which kinds there are, so
-- that a failure takes as long for everybody. Empty once all have signed in.

create index users_bcrypt_idx on users (substr(password_hash, 5, 2))
    where password_hash like '_2_$%' and disabled_at is null;
create index users_scrypt_idx on users (id)
    where password_hash not like '$%' and disabled_at is null;

comment on column users.id is '32 letters and digits; a UUID or another program''s id for an account that was taken over.';
comment on column users.password_hash is 'PHC string; another program''s bcrypt or scrypt until its owner signs in; null: cannot sign in by password.';
