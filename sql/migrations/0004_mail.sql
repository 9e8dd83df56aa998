-- What is sent by mail: the outbox, and the one-time tokens in its links.

create table mail_tokens (
	hash text constraint mail_tokens_pkey primary key,
	purpose text not null constraint mail_tokens_purpose_known
	    check (purpose in ('verify', 'reset', 'change')),
	user_id text constraint mail_tokens_user_id_fkey
	    references users (id) on delete cascade,
	email varchar(255) not null,
	created_at timestamptz not null default now(),
	expires_at timestamptz not null default now() + interval '1 hour'
);
comment on table mail_tokens is 'One row a link that was mailed; credential.c, verification.c.';
comment on column mail_tokens.hash is 'Hex SHA-256 of the token in the link.';
comment on column mail_tokens.user_id is 'Null: asked for an address that nobody has, so that both cases write alike.';
comment on column mail_tokens.email is 'Verify: the address to confirm. Change: the new one.';
create index mail_tokens_user_id_idx on mail_tokens (user_id);
create index mail_tokens_expires_at_idx on mail_tokens (expires_at);

create table outbox (
	id text constraint outbox_pkey primary key,
	recipient text,
	sealed bytea not null,
	created_at timestamptz not null default now(),
	due_at timestamptz default now(),
	attempts integer not null default 0,
	reason text,
	sent_at timestamptz
);
comment on table outbox is 'Mails on their way; mailer.c.';
comment on column outbox.id is 'Also the Message-ID, so that a mail sent twice after a crash is recognised.';
comment on column outbox.recipient is 'Null: a decoy for an address that nobody has.';
comment on column outbox.sealed is 'Subject, text and link, under a key derived from SECRET_KEY.';
comment on column outbox.due_at is 'Not before; a claim moves it on. Null: sent, given up or a decoy.';
create index outbox_due_at_idx on outbox (due_at) where due_at is not null;
create index outbox_created_at_idx on outbox (created_at);

-- Puts a letter (nothing when mail is off) into the outbox.
create function outbox_put(a_id text, a_recipient text, a_sealed bytea)
returns void language sql as $$
	insert into outbox (id, recipient, sealed, due_at)
	select a_id, a_recipient, a_sealed,
	    case when a_recipient is not null then now() end
	where a_id is not null
$$;

-- Answers a link of verify-email. Outcome: verified, changed, or the error's
-- code. a_session: who is signed in, or null.
create function email_confirm(a_hash text, a_session text, a_notice text,
    a_notice_sealed bytea, a_old_notice text, a_address text, a_agent text,
    out outcome text, out its_user text)
language plpgsql as $$
declare
	its mail_tokens;
	old_email text;
begin
	select * into its from mail_tokens
	where hash = a_hash and purpose in ('verify', 'change')
	    and user_id is not null;
	if not found then
		outcome := 'INVALID_TOKEN';
		return;
	elsif its.expires_at <= now() then
		outcome := 'TOKEN_EXPIRED';
		return;
	elsif a_session is not null and a_session <> its.user_id
	    and its.purpose = 'change' then
		outcome := 'INVALID_USER';
		return;
	end if;
	its_user := its.user_id;
	select email into old_email from users where id = its.user_id for update;
	if its.purpose = 'verify' then
		outcome := 'verified';
		if old_email <> its.email then
			outcome := 'INVALID_TOKEN';
			return;
		end if;
		update users set email_verified = true, updated_at = now()
		where id = its.user_id and not email_verified;
		if found then
			insert into audit (user_id, event, ip_address, user_agent)
			values (its.user_id, 'email_verified', a_address, a_agent);
		end if;
		return;
	end if;
	delete from mail_tokens where hash = a_hash;
	if exists (select from users where email = its.email) then
		outcome := 'INVALID_TOKEN';
		return;
	end if;
	update users set email = its.email, updated_at = now()
	where id = its.user_id;
	insert into audit (user_id, event, ip_address, user_agent)
	values (its.user_id, 'email_changed', a_address, a_agent);
	perform outbox_put(a_notice, its.email, a_notice_sealed);
	perform outbox_put(a_old_notice, old_email, a_notice_sealed);
	outcome := 'changed';
end
$$;

-- Claims one mail for a minute; or says in how many milliseconds one is due
-- (null: none waits).
create function outbox_claim(out wait_ms bigint, out id text,
    out recipient text, out sealed bytea)
language plpgsql as $$
begin
	update outbox o
	set due_at = now() + interval '1 minute', attempts = attempts + 1
	where o.id = (select w.id from outbox w where w.due_at <= now()
	    order by w.due_at limit 1 for update skip locked)
	returning o.id, o.recipient, o.sealed
	into outbox_claim.id, outbox_claim.recipient, outbox_claim.sealed;
	if not found then
		-- Per row: greatest() passes over the null of no rows.
		select min(ceil(extract(epoch from greatest(o.due_at - now(),
		    interval '20 ms')) * 1000))
		into wait_ms from outbox o where o.due_at is not null;
	end if;
end
$$;
