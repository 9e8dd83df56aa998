-- Conversations and their messages. A message knows the one it follows, so
-- that asking again or changing a question starts a branch beside the old
-- one; what is shown is the path that ends in the newest message.

create table conversations (
	id text constraint conversations_pkey primary key
	    constraint conversations_id_form check (id ~ '^[A-Za-z0-9]{32}$'),
	user_id text not null constraint conversations_user_id_fkey
	    references users (id) on delete cascade,
	client_id text
	    constraint conversations_client_id_length
	    check (octet_length(client_id) between 1 and 128),
	title text not null
	    constraint conversations_title_length
	    check (octet_length(title) between 1 and 400),
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	constraint conversations_user_id_client_id_key
	    unique (user_id, client_id)
);
comment on table conversations is 'One row a conversation; conversation.c, transcript.c.';
comment on column conversations.client_id is 'The id that the client gave it (useChat); stands for id wherever that does.';
comment on column conversations.title is 'The first question, shortened, until it is renamed.';
comment on column conversations.updated_at is 'Of the newest message or change: the order of the list.';
create index conversations_user_id_updated_at_idx
    on conversations (user_id, updated_at desc, id desc);

create table messages (
	id text constraint messages_pkey primary key
	    constraint messages_id_form check (id ~ '^[A-Za-z0-9]{32}$'),
	conversation_id text not null
	    constraint messages_conversation_id_fkey
	    references conversations (id) on delete cascade,
	parent_id text constraint messages_parent_id_fkey
	    references messages (id) on delete cascade,
	role text not null
	    constraint messages_role_known check (role in ('user', 'assistant')),
	text text not null,
	citations jsonb not null default '[]'
	    constraint messages_citations_list
	    check (jsonb_typeof(citations) = 'array'),
	status text not null
	    constraint messages_status_known check (status in
		('complete', 'running', 'stopped', 'failed', 'unanswered')),
	error text,
	model text,
	usage jsonb,
	created_at timestamptz not null default clock_timestamp(),
	finished_at timestamptz,
	constraint messages_question_is_complete
	    check (role = 'assistant' or status = 'complete')
);
comment on table messages is 'Questions and answers; transcript.c.';
comment on column messages.parent_id is 'The message it follows; null: the first one.';
comment on column messages.text is 'Empty while an answer runs. Citations are marked [n] in it.';
comment on column messages.citations is 'As the client sees them: n, documentId, title, start, end, quote, sha256.';
comment on column messages.status is 'running: being written; stopped: by its reader; failed: see error; unanswered: the documents do not answer it.';
comment on column messages.error is 'Code of the error that ended the answer.';
comment on column messages.model is 'Null: verbatim passages, no model.';
comment on column messages.usage is 'inputTokens, outputTokens, totalTokens, as the model told them.';
create index messages_conversation_id_created_at_idx
    on messages (conversation_id, created_at);
create index messages_parent_id_idx on messages (parent_id);

-- The newest message of a conversation; null: it has none.
create function message_last(a_conversation text) returns text
language sql stable as $$
	select id from messages where conversation_id = a_conversation
	order by created_at desc, role, id limit 1
$$;

-- The path that ends in a message; depth 0 is that message itself.
create function message_path(a_last text)
returns table (depth integer, id text)
language sql stable as $$
	with recursive path as (
		select 0 as depth, m.id, m.parent_id
		from messages m where m.id = a_last
		union all
		select p.depth + 1, m.id, m.parent_id
		from path p join messages m on m.id = p.parent_id
	)
	select depth, id from path
$$;

-- Opens an answer: finds or makes the conversation, stores the question and
-- an answer that runs. One call, so that nothing of it stands alone.
--
-- outcome: null; 'missing': no such conversation of this user; 'running': it
-- is being answered. An answer that was broken off by a crash counts as
-- running for a minute.
create function chat_open(a_user text, a_asked text, a_may_create boolean,
    a_conversation text, a_question text, a_answer text, a_text text,
    a_title text, a_is_again boolean, a_history integer,
    out outcome text, out conversation text, out client text,
    out history jsonb)
language plpgsql as $$
declare
	parent text;
begin
	if a_asked is not null then
		select c.id, c.client_id into conversation, client
		from conversations c
		where c.user_id = a_user
		    and (c.id = a_asked or c.client_id = a_asked)
		order by c.id = a_asked desc limit 1 for update;
	end if;
	if conversation is null and a_asked is not null
	    and not a_may_create then
		outcome := 'missing';
		return;
	end if;
	if conversation is null then
		insert into conversations as c (id, user_id, client_id, title)
		values (a_conversation, a_user, a_asked, a_title)
		on conflict on constraint conversations_user_id_client_id_key
		do update set updated_at = now()
		returning c.id, c.client_id into conversation, client;
	else
		update conversations set updated_at = now()
		where id = conversation;
	end if;
	if exists (select from messages m where m.conversation_id = conversation
	    and m.status = 'running'
	    and m.created_at > now() - interval '1 minute') then
		outcome := 'running';
		return;
	end if;

	parent := message_last(conversation);
	if a_is_again then
		-- The newest question is answered again, beside its answer.
		select p.id into parent from message_path(parent) p
		join messages m on m.id = p.id
		where m.role = 'user' and m.text = a_text
		order by p.depth limit 1;
	end if;
	select coalesce(jsonb_agg(jsonb_build_object('role', t.role,
	    'text', t.text) order by t.depth desc), '[]') into history
	from (select m.role, m.text, p.depth from message_path(parent) p
		join messages m on m.id = p.id
		where not (a_is_again and p.depth = 0)
		    and m.status in ('complete', 'stopped') and m.text <> ''
		order by p.depth limit a_history) t;
	if not a_is_again or parent is null then
		insert into messages (id, conversation_id, parent_id, role, text,
		    status)
		values (a_question, conversation,
		    coalesce(parent, message_last(conversation)), 'user',
		    a_text, 'complete');
		parent := a_question;
	end if;
	insert into messages (id, conversation_id, parent_id, role, text, status)
	values (a_answer, conversation, parent, 'assistant', '', 'running');
end
$$;
