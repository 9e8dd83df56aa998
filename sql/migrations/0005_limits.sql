-- What keeps guessing slow, and what is swept away.

create table limits (
	key text constraint limits_pkey primary key,
	full_at timestamptz not null
);
comment on table limits is 'One row an allowance in use; limit.c. A row whose time has passed says nothing.';
comment on column limits.key is 'The rule and whom it counts: an address, or the hash of an account''s e-mail.';
comment on column limits.full_at is 'When the whole allowance is there again. Every request moves it on by its share of the window.';
create index limits_full_at_idx on limits (full_at);

create table attempts (
	key text constraint attempts_pkey primary key,
	failures integer not null,
	last_at timestamptz not null
);
comment on table attempts is 'Sign-ins in a row that did not succeed, by account; limit.c.';
comment on column attempts.key is 'Hash of the e-mail, whether or not it has an account; with the device behind it for a device that the account knows.';
comment on column attempts.failures is 'Counted before the password is verified, so that many at once gain nothing.';
create index attempts_last_at_idx on attempts (last_at);

create table devices (
	user_id text not null constraint devices_user_id_fkey
	    references users (id) on delete cascade,
	device text not null,
	seen_at timestamptz not null default now(),
	constraint devices_pkey primary key (user_id, device)
);
comment on table devices is 'From where an account has been signed in to.';
comment on column devices.device is 'Hex SHA-256 of user agent and network; limit.c.';
create index devices_seen_at_idx on devices (seen_at);

-- Takes one request, a_share milliseconds, out of an allowance of a_window
-- seconds. Returns
-- 0, or in how many seconds to come again. A refusal changes nothing.
create function limit_take(a_key text, a_share integer, a_window integer)
returns integer language plpgsql as $$
declare
	share constant interval := a_share * interval '1 millisecond';
	latest constant timestamptz := now() + a_window * interval '1 second';
	wait numeric;
begin
	insert into limits as l (key, full_at) values (a_key, now() + share)
	on conflict (key) do update
	set full_at = greatest(l.full_at, now()) + share
	where greatest(l.full_at, now()) + share <= latest;
	if found then
		return 0;
	end if;
	select extract(epoch from full_at + share - latest) into wait
	from limits where key = a_key;
	return greatest(ceil(coalesce(wait, 1)), 1);
end
$$;

-- Takes one attempt to sign in to an account. Five in a row are free, then
-- each waits twice as long as the one before, up to five minutes; an hour
-- without any forgets them. A device that the account knows (it presents a
-- session of it, or has signed in before) is counted by
-- itself, so that others cannot lock it out. `wait`: 0, or seconds; `its_key`
-- is what success clears.
create function attempt_take(a_key text, a_email text, a_session text,
    a_device text, out wait integer, out its_key text)
language plpgsql as $$
declare
	pause interval;
	seen timestamptz;
begin
	its_key := a_key;
	if exists (select from sessions s join users u on u.id = s.user_id
	    where s.session_token = a_session and u.email = a_email)
	    or exists (select from devices d join users u on u.id = d.user_id
	    where d.device = a_device and u.email = a_email) then
		its_key := a_key || ' ' || a_device;
	end if;
	insert into attempts as a (key, failures, last_at)
	values (its_key, 1, now())
	on conflict (key) do update
	set failures = case when a.last_at < now() - interval '1 hour' then 1
	        else a.failures + 1 end,
	    last_at = now()
	where a.last_at + attempt_pause(a.failures) <= now();
	wait := 0;
	if not found then
		select last_at, attempt_pause(failures) into seen, pause
		from attempts where key = its_key;
		wait := greatest(ceil(extract(epoch from
		    coalesce(seen + pause - now(), interval '1 second'))), 1);
	end if;
end
$$;

create function attempt_pause(a_failures integer) returns interval
language sql immutable as $$
	select case when a_failures < 5 then interval '0'
	    else least(power(2, least(a_failures, 20) - 5), 300)
	        * interval '1 second' end
$$;

-- Notes the device of a session that is being opened. True: the account knew
-- others, but not this one.
create function device_see(a_user text, a_device text) returns boolean
language plpgsql as $$
begin
	insert into devices (user_id, device) values (a_user, a_device)
	on conflict (user_id, device) do nothing;
	if found then
		return exists (select from devices
		    where user_id = a_user and device <> a_device);
	end if;
	update devices set seen_at = now()
	where user_id = a_user and device = a_device
	    and seen_at < now() - interval '1 hour';
	return false;
end
$$;

-- Removes what nobody needs any more: up to a_batch rows of each kind, by one
-- instance at a time. Expired links are kept a day, so that who follows one is
-- told why it does not work. a_audit_days 0: for ever. `removed` counts rows;
-- `is_full`: some batch was full, call again.
create function housekeeping(a_batch integer, a_audit_days integer,
    out removed integer, out is_full boolean)
language plpgsql as $$
declare
	oldest constant timestamptz := case when a_audit_days > 0
	    then now() - a_audit_days * interval '1 day' else '-infinity' end;
	its_table text;
	its_rows text;
	n integer;
begin
	removed := 0;
	is_full := false;
	if not pg_try_advisory_xact_lock(5431987120437) then
		return;
	end if;
	for its_table, its_rows in values
	    ('sessions', 'expires_at <= now()'),
	    ('mail_tokens', 'expires_at <= now() - interval ''1 day'''),
	    ('outbox',
	        'due_at is null and created_at <= now() - interval ''1 day'''),
	    ('limits', 'full_at <= now()'),
	    ('attempts', 'last_at <= now() - interval ''1 hour'''),
	    ('audit', 'at <= $2'),
	    ('devices', 'seen_at <= $2')
	loop
		execute format('delete from %1$I where ctid = any(array(
		    select ctid from %1$I where %2$s limit $1
		    for update skip locked))', its_table, its_rows)
		using a_batch, oldest;
		get diagnostics n = row_count;
		removed := removed + n;
		is_full := is_full or n = a_batch;
	end loop;
end
$$;
