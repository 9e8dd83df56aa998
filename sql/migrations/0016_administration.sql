-- Administration: who may administer, what was done by it, and what an
-- administrator sees of an account: how much there is of it, nothing of what.

alter table audit add column actor_id text
    constraint audit_actor_id_fkey references users (id) on delete set null,
    add column detail text;
comment on column audit.actor_id is 'The administrator who did it; null: the account itself, or the operator.';
comment on column audit.detail is 'Of a deletion by an administrator: the id that the account had.';
create index audit_actor_id_idx on audit (actor_id) where actor_id is not null;
-- Messages are stored in the order of their time.
create index messages_created_at_idx on messages using brin (created_at);

-- Whether somebody may administer: by his role, or as the confirmed owner of
-- a_email, which is ADMIN_EMAIL (or null).
create function is_administrator(a_user text, a_email text) returns boolean
language sql stable as $$
	select exists (select from users
	    where id = a_user and disabled_at is null and (role = 'admin'
		or (email_verified and email = lower(a_email))))
$$;

-- When an account was last used, as far as that is written down: a sign-in,
-- a session that slid, an API key, a conversation.
create function account_seen(a_user text) returns timestamptz
language sql stable as $$
	select max(at) from (
		select max(updated_at) as at from sessions
		where user_id = a_user
		union all
		(select at from audit
		where user_id = a_user and event = 'sign_in'
		order by at desc limit 1)
		union all
		select max(last_used_at) from api_keys where user_id = a_user
		union all
		select max(updated_at) from conversations
		where user_id = a_user) t
$$;

-- What a list of accounts is sorted by, as text that compares by its bytes.
create function account_sort_key(a_sort text, a_user users) returns text
language sql stable as $$
	select case a_sort
	    when 'email' then encode(convert_to(left(a_user.email, 160),
		'UTF8'), 'hex')
	    when 'name' then encode(convert_to(left(lower(a_user.name), 40),
		'UTF8'), 'hex')
	    when 'lastSeenAt' then lpad(coalesce((extract(epoch from
		account_seen(a_user.id)) * 1000000)::bigint, 0)::text, 18, '0')
	    when 'storage' then lpad(document_usage(a_user.id)::text, 18, '0')
	    when 'questions' then lpad((select coalesce(sum(questions), 0)
		from chat_usage where user_id = a_user.id)::text, 18, '0')
	    else lpad((extract(epoch from a_user.created_at)
		* 1000000)::bigint::text, 18, '0') end
$$;

create view account_cards as
select id, email, name, email_verified, role,
    password_hash is not null as has_password,
    two_factor_at is not null as has_two_factor,
    (extract(epoch from created_at) * 1000)::bigint as created_ms,
    (extract(epoch from disabled_at) * 1000)::bigint as disabled_ms,
    (extract(epoch from account_seen(id)) * 1000)::bigint as seen_ms,
    (select count(*) from sessions s
	where s.user_id = u.id and s.expires_at > now()) as sessions,
    (select count(*) from api_keys k where k.user_id = u.id
	and (k.expires_at is null or k.expires_at > now())) as api_keys,
    (select count(*) from documents d
	where d.owner = u.id and d.deleted_at is null) as documents,
    document_usage(id) as bytes,
    (select count(*) from conversations c
	where c.user_id = u.id) as conversations,
    q.questions, q.input_tokens, q.output_tokens
from users u, lateral (select coalesce(sum(questions), 0) as questions,
	coalesce(sum(input_tokens), 0) as input_tokens,
	coalesce(sum(output_tokens), 0) as output_tokens
    from chat_usage where user_id = u.id) q;
comment on view account_cards is 'What an administrator sees of an account; adminuser.c.';

-- The account may not sign in, and whatever acts for it ends: sessions,
-- trusted devices, links, API keys, answers that are being written.
create function account_disable(a_user text) returns void
language plpgsql as $$
begin
	update users set disabled_at = coalesce(disabled_at, now())
	where id = a_user;
	delete from sessions where user_id = a_user;
	delete from second_factor_tokens where user_id = a_user;
	delete from mail_tokens where user_id = a_user;
	delete from api_keys where user_id = a_user;
	update answers set is_stop_asked = true where user_id = a_user;
end
$$;

-- An administrator changes an account; null leaves as it is.
--
-- outcome: 'forbidden': a_actor is no administrator; 'missing': no such
-- account; 'self': it is his own, which he cannot shut or demote; 'fixed':
-- ADMIN_EMAIL makes it one; 'changed'.
--
-- One at a time, so that two administrators cannot disable each other in the
-- same moment: as nobody can do it to himself, there is always one left.
create function account_change(a_actor text, a_admin_email text,
    a_user text, a_is_disabled boolean, a_role text, a_address text,
    a_agent text, out outcome text)
language plpgsql as $$
declare
	its users;
begin
	perform pg_advisory_xact_lock(5431987120438);
	if not is_administrator(a_actor, a_admin_email) then
		outcome := 'forbidden';
		return;
	end if;
	select * into its from users where id = a_user for update;
	if not found then
		outcome := 'missing';
		return;
	elsif a_user = a_actor and (a_is_disabled or a_role = 'user') then
		outcome := 'self';
		return;
	elsif a_role = 'user' and its.email_verified
	    and its.email = lower(a_admin_email) then
		outcome := 'fixed';
		return;
	end if;
	outcome := 'changed';
	if a_is_disabled and its.disabled_at is null then
		perform account_disable(a_user);
		insert into audit (user_id, event, actor_id, ip_address,
		    user_agent)
		values (a_user, 'disabled', a_actor, a_address, a_agent);
	elsif not a_is_disabled and its.disabled_at is not null then
		update users set disabled_at = null where id = a_user;
		insert into audit (user_id, event, actor_id, ip_address,
		    user_agent)
		values (a_user, 'enabled', a_actor, a_address, a_agent);
	end if;
	if a_role <> its.role then
		update users set role = a_role, updated_at = now()
		where id = a_user;
		insert into audit (user_id, event, actor_id, ip_address,
		    user_agent)
		values (a_user, case a_role when 'admin' then 'made_admin'
		    else 'made_user' end, a_actor, a_address, a_agent);
	end if;
end
$$;

-- An administrator deletes an account and everything of it. outcome as above,
-- or 'deleted'.
create function account_drop(a_actor text, a_admin_email text, a_user text,
    a_address text, a_agent text, out outcome text)
language plpgsql as $$
begin
	perform pg_advisory_xact_lock(5431987120438);
	if not is_administrator(a_actor, a_admin_email) then
		outcome := 'forbidden';
		return;
	elsif a_user = a_actor then
		outcome := 'self';
		return;
	end if;
	delete from users where id = a_user;
	if not found then
		outcome := 'missing';
		return;
	end if;
	insert into audit (event, actor_id, ip_address, user_agent, detail)
	values ('user_deleted', a_actor, a_address, a_agent, a_user);
	outcome := 'deleted';
end
$$;

-- What was going on, day by day (UTC), and what there is now: counts alone.
create function usage_figures(a_days integer) returns jsonb
language sql stable as $$
	with days as materialized (
		select (now() at time zone 'utc')::date - n as day
		from generate_series(0, a_days - 1) n
	), span as materialized (
		select min(day) as first,
		    min(day)::timestamp at time zone 'utc' as since from days
	), asked as materialized (
		select day, sum(questions) as questions,
		    sum(input_tokens) as input, sum(output_tokens) as output
		from chat_usage where day >= (select first from span)
		group by day
	), answered as materialized (
		select (created_at at time zone 'utc')::date as day,
		    count(*) filter (where status = 'complete') as complete,
		    count(*) filter (where status = 'unanswered') as unanswered,
		    count(*) filter (where status = 'stopped') as stopped,
		    count(*) filter (where status = 'failed') as failed
		from messages where role = 'assistant'
		    and created_at >= (select since from span)
		group by 1
	), happened as materialized (
		select (at at time zone 'utc')::date as day,
		    count(*) filter (where event = 'sign_in') as sign_ins,
		    count(*) filter (where event = 'sign_in_failed')
			as sign_ins_failed
		from audit where at >= (select since from span) group by 1
	), joined as materialized (
		select (created_at at time zone 'utc')::date as day,
		    count(*) as users
		from users where created_at >= (select since from span)
		group by 1
	), added as materialized (
		select (created_at at time zone 'utc')::date as day,
		    count(*) as documents,
		    count(*) filter (where status = 'failed') as failed
		from documents where deleted_at is null
		    and created_at >= (select since from span)
		group by 1
	)
	select jsonb_build_object(
	    'days', (select jsonb_agg(jsonb_build_object('day', day,
		'questions', coalesce(questions, 0),
		'answers', jsonb_build_object(
		    'complete', coalesce(complete, 0),
		    'unanswered', coalesce(unanswered, 0),
		    'stopped', coalesce(stopped, 0),
		    'failed', coalesce(answered.failed, 0)),
		'inputTokens', coalesce(input, 0),
		'outputTokens', coalesce(output, 0),
		'signIns', coalesce(sign_ins, 0),
		'signInsFailed', coalesce(sign_ins_failed, 0),
		'newUsers', coalesce(users, 0),
		'documents', coalesce(documents, 0),
		'documentsFailed', coalesce(added.failed, 0)) order by day)
		from days left join asked using (day)
		left join answered using (day) left join happened using (day)
		left join joined using (day) left join added using (day)),
	    'errors', (select coalesce(jsonb_agg(jsonb_build_object(
		'code', error, 'count', n) order by n desc, error), '[]')
		from (select error, count(*) as n from messages
		    where role = 'assistant' and error is not null
			and created_at >= (select since from span)
		    group by error order by n desc, error limit 20) e),
	    'totals', (select jsonb_build_object('users', count(*),
		'disabled', count(disabled_at)) from users) ||
		(select jsonb_build_object('documents', count(*),
		'sharedDocuments', count(*) filter (where owner is null),
		'bytes', coalesce(sum(size), 0)) from documents
		where deleted_at is null) || jsonb_build_object(
		'sessions', (select count(*) from sessions
		    where expires_at > now()),
		'conversations', (select count(*) from conversations),
		'databaseBytes', pg_database_size(current_database())))
$$;
