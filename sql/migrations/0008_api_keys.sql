-- API keys: what a program presents instead of a session.

create table api_keys (
	id text constraint api_keys_pkey primary key
	    constraint api_keys_id_form check (id ~ '^[A-Za-z0-9]{32}$'),
	user_id text not null constraint api_keys_user_id_fkey
	    references users (id) on delete cascade,
	name text not null
	    constraint api_keys_name_length
	    check (octet_length(name) between 1 and 200),
	prefix text not null,
	hash text not null constraint api_keys_hash_key unique
	    constraint api_keys_hash_form check (hash ~ '^[0-9a-f]{64}$'),
	created_at timestamptz not null default now(),
	last_used_at timestamptz,
	expires_at timestamptz
);
comment on table api_keys is 'One row a key; apikey.c, session.c. A key acts as its owner.';
comment on column api_keys.prefix is 'The first eight characters of the key, by which its owner knows it.';
comment on column api_keys.hash is 'Hex SHA-256 of the key; the key itself is shown once and kept nowhere.';
comment on column api_keys.last_used_at is 'Moves at most once a minute.';
comment on column api_keys.expires_at is 'Null: until it is deleted.';
create index api_keys_user_id_created_at_idx
    on api_keys (user_id, created_at desc, id desc);
