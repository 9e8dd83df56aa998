-- Around conversations: what is asked a day, named collections of documents,
-- what readers think of answers, and titles given by hand.

create table chat_usage (
	user_id text constraint chat_usage_user_id_fkey
	    references users (id) on delete cascade,
	day date not null,
	questions integer not null default 0,
	input_tokens bigint not null default 0,
	output_tokens bigint not null default 0,
	constraint chat_usage_pkey primary key (user_id, day)
);
comment on table chat_usage is 'Questions and tokens per user and day (UTC); transcript.c.';

-- Takes one question of the user's day; false: none is left. a_limit 0: as
-- many as they like, still counted.
create function chat_take(a_user text, a_limit integer) returns boolean
language sql as $$
	with taken as (
		insert into chat_usage as u (user_id, day, questions)
		values (a_user, (now() at time zone 'utc')::date, 1)
		on conflict on constraint chat_usage_pkey do update
		set questions = u.questions + 1
		where a_limit = 0 or u.questions < a_limit
		returning 1
	)
	select exists (select from taken)
$$;

-- Adds to the tokens of the user's day.
create function chat_spend(a_user text, a_input bigint, a_output bigint)
returns void language sql as $$
	insert into chat_usage as u (user_id, day, input_tokens,
	    output_tokens)
	select a_user, (now() at time zone 'utc')::date, a_input, a_output
	where exists (select from users where id = a_user)
	on conflict on constraint chat_usage_pkey do update
	set input_tokens = u.input_tokens + excluded.input_tokens,
	    output_tokens = u.output_tokens + excluded.output_tokens
$$;

create table collections (
	id text constraint collections_pkey primary key
	    constraint collections_id_form check (id ~ '^[A-Za-z0-9]{32}$'),
	user_id text not null constraint collections_user_id_fkey
	    references users (id) on delete cascade,
	name text not null
	    constraint collections_name_length
	    check (char_length(name) between 1 and 100),
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
);
comment on table collections is 'Named selections of documents, each of one user; collection.c.';
create unique index collections_user_id_name_key
    on collections (user_id, lower(name));

create table collection_documents (
	collection_id text not null
	    constraint collection_documents_collection_id_fkey
	    references collections (id) on delete cascade,
	document_id text not null
	    constraint collection_documents_document_id_fkey
	    references documents (id) on delete cascade,
	added_at timestamptz not null default now(),
	constraint collection_documents_pkey
	    primary key (collection_id, document_id)
);
comment on table collection_documents is 'Which documents a collection holds, own and shared ones.';
create index collection_documents_document_id_idx
    on collection_documents (document_id);

-- The documents of a user's collection, by its id or name, that the user may
-- see now; null: there is no such collection.
create function collection_documents_of(a_user text, a_collection text)
returns text[] language sql stable as $$
	select coalesce((select array_agg(d.id order by cd.added_at, d.id)
	    from collection_documents cd
	    join documents d on d.id = cd.document_id
		and d.deleted_at is null
		and (d.owner = a_user or d.owner is null)
	    where cd.collection_id = c.id), '{}')
	from collections c
	where c.user_id = a_user and (c.id = a_collection
	    or lower(c.name) = lower(a_collection))
	order by c.id = a_collection desc limit 1
$$;

create table feedback (
	message_id text constraint feedback_pkey primary key
	    constraint feedback_message_id_fkey
	    references messages (id) on delete cascade,
	rating smallint not null
	    constraint feedback_rating_known check (rating in (-1, 1)),
	comment text
	    constraint feedback_comment_length
	    check (octet_length(comment) between 1 and 8000),
	created_at timestamptz not null default now()
);
comment on table feedback is 'What the reader thinks of an answer; feedback.c.';

alter table conversations add column is_named boolean not null default false;
comment on column conversations.is_named is 'Its title was given by hand: no other one takes its place.';

-- The newest message at or below one of a conversation's messages, by its id
-- or the client's; null: it has no such message.
create function message_leaf(a_conversation text, a_message text)
returns text language sql stable as $$
	with recursive below as (
		(select m.id, m.role, m.created_at from messages m
		where m.conversation_id = a_conversation
		    and (m.id = a_message or m.client_id = a_message)
		order by m.id = a_message desc, m.created_at desc limit 1)
		union all
		select m.id, m.role, m.created_at
		from below b join messages m on m.parent_id = b.id
	)
	select id from below order by created_at desc, role, id limit 1
$$;

-- Those of an answer's citations that hold: the user sees the document, and
-- its text has these bytes at that place.
create function citations_held(a_user text, a_citations jsonb)
returns jsonb language sql stable as $$
	select coalesce(jsonb_agg(i.item order by i.n), '[]')
	from jsonb_array_elements(a_citations) with ordinality i (item, n)
	join documents d on d.id = i.item ->> 'documentId'
	    and d.deleted_at is null
	    and (d.owner = a_user or d.owner is null)
	join texts t on t.document = d.id
	where encode(sha256(substring(t.bytes
	    from (i.item ->> 'start')::integer + 1
	    for (i.item ->> 'end')::integer
	    - (i.item ->> 'start')::integer)), 'hex') = i.item ->> 'sha256'
$$;

-- Messages as they are shown. Its reader names the user.
create view message_cards as
select c.user_id, m.conversation_id, m.created_at, m.id, m.client_id,
    m.parent_id,
    -- All that follow the same message, when there are several.
    case when m.parent_id is null then (
	select json_agg(s.id order by s.created_at, s.id) from messages s
	where s.conversation_id = m.conversation_id and s.parent_id is null
	having count(*) > 1)
    else (
	select json_agg(s.id order by s.created_at, s.id) from messages s
	where s.parent_id = m.parent_id having count(*) > 1)
    end as branches,
    m.role, m.text,
    case when m.citations = '[]' then m.citations
	else citations_held(c.user_id, m.citations) end as citations,
    m.status, m.error, m.model, m.usage,
    (select json_build_object('rating', f.rating, 'comment', f.comment)
	from feedback f where f.message_id = m.id) as feedback,
    (extract(epoch from m.created_at) * 1000)::bigint as created_ms,
    m.status = 'running' and exists (select from answers a
	left join answer_workers w on w.id = a.worker
	where a.message_id = m.id and (w.id is null or
	    w.beat_at < clock_timestamp() - interval '10 seconds'))
	as is_dead
from messages m join conversations c on c.id = m.conversation_id;
comment on view message_cards is 'Messages as message.c reads them; is_dead: nobody writes it any more.';

-- Collections as they are shown. Its reader names the user.
create view collection_cards as
select c.user_id, c.id, c.name, c.created_at, c.updated_at,
    (select count(*) from collection_documents cd
	join documents d on d.id = cd.document_id and d.deleted_at is null
	and (d.owner = c.user_id or d.owner is null)
	where cd.collection_id = c.id) as documents,
    (extract(epoch from c.created_at) * 1000)::bigint as created_ms,
    (extract(epoch from c.updated_at) * 1000)::bigint as updated_ms
from collections c;
comment on view collection_cards is 'Collections as clients see them; collection.c.';

-- Changes a collection and what it holds, or (a_is_new) makes it. a_name null:
-- it stays. a_documents: all that it is to hold; a_added, a_removed: one more,
-- one less; null: nothing of that. Outcome null, or 'missing': there is no
-- such collection of this user; 'taken': another one has the name;
-- 'document': a document is not there for this user; 'full': it cannot hold
-- as many; 'many': the user has as many collections as may be.
create function collection_put(a_user text, a_collection text,
    a_is_new boolean, a_name text, a_documents text[], a_added text,
    a_removed text, a_most integer, a_each integer) returns text
language plpgsql as $$
begin
	-- One at a time for each user, so that the limits hold.
	perform pg_advisory_xact_lock(
	    hashtextextended('lectern.collections.' || a_user, 0));
	if not a_is_new and not exists (select from collections
	    where id = a_collection and user_id = a_user) then
		return 'missing';
	end if;
	if exists (select from collections where user_id = a_user
	    and lower(name) = lower(a_name) and id <> a_collection) then
		return 'taken';
	end if;
	if exists (select from unnest(a_documents || a_added) w (id)
	    where w.id is not null and not exists (select from documents d
		where d.id = w.id and d.deleted_at is null
		    and (d.owner = a_user or d.owner is null))) then
		return 'document';
	end if;
	if (a_added is not null and not exists (
		select from collection_documents
		where collection_id = a_collection and document_id = a_added)
	    and (select documents from collection_cards
		where id = a_collection) >= a_each) then
		return 'full';
	end if;
	if a_is_new then
		if (select count(*) from collections where user_id = a_user)
		    >= a_most then
			return 'many';
		end if;
		insert into collections (id, user_id, name)
		values (a_collection, a_user, a_name);
	else
		update collections set name = coalesce(a_name, name),
		    updated_at = now()
		where id = a_collection;
	end if;
	if a_documents is not null or a_removed is not null then
		delete from collection_documents
		where collection_id = a_collection
		    and (a_documents is not null or document_id = a_removed);
	end if;
	insert into collection_documents (collection_id, document_id, added_at)
	select a_collection, w.id, now() + min(w.n) * interval '1 us'
	from unnest(a_documents || a_added) with ordinality w (id, n)
	where w.id is not null group by w.id
	on conflict do nothing;
	return null;
end
$$;

-- Housekeeping also removes the days' sums of questions, as old as the audit,
-- and the traces of processes that have long been gone; what these were
-- writing is closed.
create or replace function housekeeping(a_batch integer, a_audit_days integer,
    a_chat_days integer)
returns table (kind text, removed integer) language plpgsql as $$
declare
	oldest constant timestamptz := case when a_audit_days > 0
	    then now() - a_audit_days * interval '1 day' else '-infinity' end;
	oldest_chat constant timestamptz := case when a_chat_days > 0
	    then now() - a_chat_days * interval '1 day' else '-infinity' end;
	its_rows text;
begin
	if not pg_try_advisory_xact_lock(5431987120437) then
		return;
	end if;
	perform answer_break_off(null);
	for kind, its_rows in values
	    ('sessions', 'expires_at <= now()'),
	    ('mail_tokens', 'expires_at <= now() - interval ''1 day'''),
	    ('outbox',
	        'due_at is null and created_at <= now() - interval ''1 day'''),
	    ('second_factor_tokens', 'expires_at <= now()'),
	    ('api_keys', 'expires_at <= now() - interval ''30 days'''),
	    ('limits', 'full_at <= now()'),
	    ('attempts', 'last_at <= now() - interval ''1 hour'''),
	    ('audit', 'at <= $2'),
	    ('devices', 'seen_at <= $2'),
	    ('conversations', 'updated_at <= $3'),
	    ('chat_usage', 'day < ($2 at time zone ''utc'')::date'),
	    ('answer_workers', 'beat_at <= now() - interval ''1 day''
	        and not exists (select from answers
	        where worker = answer_workers.id)')
	loop
		execute format('delete from %1$I where ctid = any(array(
		    select ctid from %1$I where %2$s limit $1
		    for update skip locked))', kind, its_rows)
		using a_batch, oldest, oldest_chat;
		get diagnostics removed = row_count;
		return next;
	end loop;
end
$$;
