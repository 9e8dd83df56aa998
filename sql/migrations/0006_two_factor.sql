-- The second factor: codes of an authenticator app, and backup codes.

alter table users add column two_factor_at timestamptz;
comment on column users.two_factor_at is 'Since when signing in asks for a code; null: it does not.';

create table second_factors (
	user_id text constraint second_factors_pkey primary key
	    constraint second_factors_user_id_fkey
	    references users (id) on delete cascade,
	sealed bytea not null,
	last_step bigint not null default 0,
	failures integer not null default 0,
	locked_until timestamptz,
	created_at timestamptz not null default now()
);
comment on table second_factors is 'One row an authenticator app that was set up; twofactor.c. It counts once users.two_factor_at is set.';
comment on column second_factors.sealed is 'The secret shared with the app, under a key derived from SECRET_KEY.';
comment on column second_factors.last_step is 'The half minute of the last code that was used; an older code, or the same, is refused.';
comment on column second_factors.failures is 'Wrong codes in a row while signing in, counted before the code is looked at.';

create table backup_codes (
	user_id text constraint backup_codes_user_id_fkey
	    references second_factors (user_id) on delete cascade,
	hash text,
	constraint backup_codes_pkey primary key (user_id, hash)
);
comment on table backup_codes is 'One row a code that was not used yet.';
comment on column backup_codes.hash is 'HMAC of person and code under a key derived from SECRET_KEY.';

create table second_factor_tokens (
	hash text constraint second_factor_tokens_pkey primary key,
	purpose text not null constraint second_factor_tokens_purpose_known
	    check (purpose in ('challenge', 'trust')),
	user_id text not null constraint second_factor_tokens_user_id_fkey
	    references users (id) on delete cascade,
	is_remembered boolean not null default true,
	failures integer not null default 0,
	created_at timestamptz not null default now(),
	expires_at timestamptz not null
);
comment on table second_factor_tokens is 'Challenge: the password was right, the code is awaited. Trust: a device that is asked for no code; challenge.c.';
comment on column second_factor_tokens.hash is 'Hex SHA-256 of the token in the cookie.';
comment on column second_factor_tokens.is_remembered is 'What the session will be when the challenge is met.';
create index second_factor_tokens_user_id_idx
    on second_factor_tokens (user_id);
create index second_factor_tokens_expires_at_idx
    on second_factor_tokens (expires_at);

-- The password was right. True: the device is trusted, by a_token from now on.
-- Else a challenge of that token is opened. What has expired goes.
create function two_factor_challenge(a_user text, a_trust text, a_token text,
    a_is_remembered boolean)
returns boolean language plpgsql as $$
begin
	delete from second_factor_tokens
	where user_id = a_user and expires_at <= now();
	update second_factor_tokens
	set hash = a_token, expires_at = now() + interval '30 days'
	where hash = a_trust and purpose = 'trust' and user_id = a_user
	    and expires_at > now();
	if found then
		return true;
	end if;
	insert into second_factor_tokens (hash, purpose, user_id,
	    is_remembered, expires_at)
	values (a_token, 'challenge', a_user, a_is_remembered,
	    now() + interval '10 minutes');
	return false;
end
$$;

-- Takes one try at a challenge: five each, and ten wrong codes in a row lock
-- the second factor for a quarter of an hour. Outcome: open, unknown, locked
-- (wait: seconds) or spent.
create function two_factor_try(a_challenge text, out outcome text,
    out wait integer, out its_user text)
language plpgsql as $$
declare
	its second_factor_tokens;
	factor second_factors;
begin
	wait := 0;
	outcome := 'unknown';
	select * into its from second_factor_tokens
	where hash = a_challenge and purpose = 'challenge'
	    and expires_at > now()
	for update;
	if not found then
		return;
	end if;
	select f.* into factor from second_factors f
	join users u on u.id = f.user_id
	where f.user_id = its.user_id and u.two_factor_at is not null
	    and u.disabled_at is null
	for update of f;
	if not found then
		return;
	elsif factor.locked_until > now() then
		outcome := 'locked';
		wait := ceil(extract(epoch from factor.locked_until - now()));
		return;
	elsif its.failures >= 5 then
		outcome := 'spent';
		delete from second_factor_tokens where hash = a_challenge;
		return;
	end if;
	outcome := 'open';
	its_user := its.user_id;
	if factor.locked_until is not null then
		factor.failures := 0;
	end if;
	update second_factor_tokens set failures = failures + 1
	where hash = a_challenge;
	update second_factors
	set failures = factor.failures + 1,
	    locked_until = case when factor.failures >= 9
	        then now() + interval '15 minutes' end
	where user_id = its.user_id;
end
$$;

-- Uses a code up: the half minute of an app's, or the hash of a backup code
-- (the other one null). False: it was used before. a_sealed: the secret,
-- sealed anew, or null.
create function two_factor_use(a_user text, a_step bigint, a_code text,
    a_sealed bytea)
returns boolean language plpgsql as $$
begin
	if a_code is not null then
		delete from backup_codes where user_id = a_user and hash = a_code;
		if not found then
			return false;
		end if;
	end if;
	update second_factors
	set last_step = coalesce(a_step, last_step),
	    sealed = coalesce(a_sealed, sealed),
	    failures = 0, locked_until = null
	where user_id = a_user and (a_step is null or last_step < a_step);
	return found;
end
$$;

-- Meets a challenge. No row: the code was used before, or the challenge.
create function two_factor_pass(a_challenge text, a_step bigint, a_code text,
    a_sealed bytea, out its_user text, out its_is_remembered boolean)
returns setof record language plpgsql as $$
begin
	select t.user_id, t.is_remembered into its_user, its_is_remembered
	from second_factor_tokens t join users u on u.id = t.user_id
	where t.hash = a_challenge and t.purpose = 'challenge'
	    and t.expires_at > now() and u.disabled_at is null
	for update of t;
	if found and two_factor_use(its_user, a_step, a_code, a_sealed) then
		delete from second_factor_tokens where hash = a_challenge;
		return next;
	end if;
end
$$;
