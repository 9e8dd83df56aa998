-- Accounts and sessions. The names are the quickstart's (users, sessions and
-- their columns); the values are stricter: a session's token stands here as a
-- hash only, passwords as Argon2id strings.

create table users (
	id text constraint users_pkey primary key,
	email varchar(255) not null
	    constraint users_email_key unique
	    constraint users_email_lower check (email = lower(email)),
	password_hash varchar(255),
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	name text not null default '',
	email_verified boolean not null default false,
	image text,
	role text not null default 'user'
	    constraint users_role_known check (role in ('user', 'admin')),
	disabled_at timestamptz
);
comment on table users is 'One row a person; read by account.c and session.c.';
comment on column users.id is '32 letters and digits.';
comment on column users.email is 'Lower case; as better-auth stores it.';
comment on column users.password_hash is 'PHC string; null: cannot sign in by password.';
comment on column users.updated_at is 'Moves on profile changes, not on a new password.';
comment on column users.disabled_at is 'Set: the account may not sign in.';

create table sessions (
	id text constraint sessions_pkey primary key,
	user_id text not null constraint sessions_user_id_fkey
	    references users (id) on delete cascade,
	session_token varchar(255) not null
	    constraint sessions_session_token_key unique,
	expires_at timestamptz not null,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	ip_address varchar(45),
	user_agent varchar(255),
	is_remembered boolean not null default true
);
comment on table sessions is 'One row a signed-in device.';
comment on column sessions.session_token is 'Hex SHA-256 of the token that the client holds; the token itself is derived from id and SECRET_KEY.';
comment on column sessions.is_remembered is 'False: a browser-session cookie, one day, no sliding.';
create index sessions_user_id_idx on sessions (user_id);
create index sessions_expires_at_idx on sessions (expires_at);

create table audit (
	id bigint generated always as identity constraint audit_pkey primary key,
	at timestamptz not null default now(),
	user_id text constraint audit_user_id_fkey
	    references users (id) on delete set null,
	event text not null,
	ip_address varchar(45),
	user_agent varchar(255)
);
comment on table audit is 'What happened to accounts, for their owners and the operator.';
create index audit_user_id_at_idx on audit (user_id, at);
create index audit_at_idx on audit (at);
