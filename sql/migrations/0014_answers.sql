-- Answers that run: who writes them, what they have told so far, and whether
-- somebody has asked them to stop. Any worker of any instance reads on from
-- the log, and a worker that died leaves its text behind.
--
-- The rows live as long as their answer runs, so that these tables stay
-- small. They are ordinary tables: one that is not logged would lose the text
-- with the very crash that it is kept for.

create table answer_workers (
	id text constraint answer_workers_pkey primary key
	    constraint answer_workers_id_form
	    check (id ~ '^[A-Za-z0-9]{32}$'),
	beat_at timestamptz not null
);
comment on table answer_workers is 'Processes that write answers; answerlog.c.';
comment on column answer_workers.beat_at is 'Renewed while answers run; older than 10 s: it is dead.';

create table answers (
	message_id text constraint answers_pkey primary key
	    constraint answers_message_id_fkey
	    references messages (id) on delete cascade,
	conversation_id text not null,
	user_id text not null,
	worker text not null,
	is_stop_asked boolean not null default false
);
comment on table answers is 'Answers being written; answerlog.c, transcript.c.';
comment on column answers.worker is 'Of answer_workers: who writes it.';
comment on column answers.is_stop_asked is 'Its worker ends it within two seconds.';
create index answers_conversation_id_idx on answers (conversation_id);
create index answers_user_id_idx on answers (user_id);
create index answers_worker_idx on answers (worker);

create table answer_log (
	message_id text constraint answer_log_message_id_fkey
	    references answers (message_id) on delete cascade,
	seq integer not null,
	sources jsonb not null default '[]',
	text text not null,
	constraint answer_log_pkey primary key (message_id, seq)
);
comment on table answer_log is 'What a running answer has told, in batches; answerlog.c.';
comment on column answer_log.seq is 'Place in the answer, from 1.';
comment on column answer_log.sources is 'Citations told before the text, as the client sees them.';

alter table messages add column client_id text
    constraint messages_client_id_length
    check (octet_length(client_id) between 1 and 128);
comment on column messages.client_id is 'The id that the client gave the question (useChat).';

-- Answers that nobody writes any more, of one conversation (null: of all), are
-- closed with the text that the log has. Their number.
create function answer_break_off(a_conversation text) returns bigint
language sql as $$
	with dead as materialized (
		select a.message_id
		from answers a join messages m on m.id = a.message_id
		left join answer_workers w on w.id = a.worker
		where (a_conversation is null
		    or a.conversation_id = a_conversation)
		    and (w.id is null
		    or w.beat_at < clock_timestamp() - interval '10 seconds')
		-- Waits for nobody: who closes or deletes it comes first.
		for update of a skip locked for no key update of m skip locked
	), told as materialized (
		select d.message_id, coalesce(string_agg(l.text, ''
		    order by l.seq), '') as text
		from dead d left join answer_log l using (message_id)
		group by d.message_id
	), sources as materialized (
		select l.message_id, jsonb_agg(s.item order by l.seq, s.n)
		    as items
		from dead d join answer_log l using (message_id),
		    jsonb_array_elements(l.sources)
		    with ordinality s (item, n)
		group by l.message_id
	), closed as (
		update messages m set status = 'failed',
		    error = 'ANSWER_BROKEN_OFF', text = t.text,
		    citations = coalesce(s.items, '[]'), finished_at = now()
		from told t left join sources s using (message_id)
		where m.id = t.message_id and m.status = 'running'
	), gone as (
		delete from answers a using dead d
		where a.message_id = d.message_id
		returning 1
	)
	select count(*) from gone
$$;

-- Opens an answer: finds or makes the conversation, stores the question and
-- an answer that runs. One call, so that nothing of it stands alone.
--
-- a_replaces: the message that is edited or answered anew; a_parent: the one
-- that the question follows in the client's eyes. Both may be ids of ours or
-- of the client; unknown ones count as not given, and then the question
-- follows the newest message.
--
-- outcome: null; 'missing': no such conversation of this user; 'running': it
-- is being answered; 'busy': as many answers of the user run as may; 'daily':
-- no question is left for today; 'collection': no such collection.
-- documents: what the collection holds; null: no collection was named.
drop function chat_open(text, text, boolean, text, text, text, text, text,
    boolean, integer);
create function chat_open(a_user text, a_asked text, a_may_create boolean,
    a_conversation text, a_question text, a_answer text, a_text text,
    a_title text, a_is_again boolean, a_history integer, a_worker text,
    a_replaces text, a_parent text, a_client_message text,
    a_collection text, a_running_max integer, a_daily integer,
    out outcome text, out conversation text, out client text,
    out history jsonb, out is_first boolean, out documents text[])
language plpgsql as $$
declare
	target record;
	parent text;
	question text;
	newest text;
begin
	-- One question of a user at a time, so that what is counted below holds.
	perform from users u where u.id = a_user for no key update;
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
	if a_collection is not null then
		documents := collection_documents_of(a_user, a_collection);
		if documents is null then
			outcome := 'collection';
			return;
		end if;
	end if;
	if conversation is not null then
		perform answer_break_off(conversation);
		if exists (select from answers a
		    where a.conversation_id = conversation) then
			outcome := 'running';
			return;
		end if;
	end if;
	if (select count(*) from answers a join answer_workers w
	    on w.id = a.worker
	    and w.beat_at > clock_timestamp() - interval '10 seconds'
	    where a.user_id = a_user) >= a_running_max then
		outcome := 'busy';
		return;
	end if;
	if not chat_take(a_user, a_daily) then
		outcome := 'daily';
		return;
	end if;

	if conversation is null then
		insert into conversations as c (id, user_id, client_id, title)
		values (a_conversation, a_user, a_asked, a_title)
		returning c.id, c.client_id into conversation, client;
	else
		update conversations set updated_at = now()
		where id = conversation;
	end if;

	newest := message_last(conversation);
	is_first := newest is null;
	select m.id, m.role, m.parent_id into target from messages m
	where m.conversation_id = conversation
	    and (m.id = a_replaces or m.client_id = a_replaces)
	order by m.created_at desc limit 1;
	if target.role = 'assistant' and a_is_again then
		question := target.parent_id;
	elsif target.role = 'user' and a_is_again then
		question := target.id;
	elsif target.role is null then
		-- The client names it by its own id; also when it sends a
		-- question again because it heard nothing.
		select m.id into question from messages m
		where m.conversation_id = conversation and m.role = 'user'
		    and (m.id = a_client_message
		    or m.client_id = a_client_message)
		    and m.text = a_text
		order by m.created_at desc limit 1;
	end if;
	if question is null and a_is_again then
		select p.id into question from message_path(newest) p
		join messages m on m.id = p.id
		where m.role = 'user' and m.text = a_text
		order by p.depth limit 1;
	end if;
	if question is null then
		if target.role = 'user' and not a_is_again then
			parent := target.parent_id;
		else
			select coalesce((select m.id from messages m
			    where m.conversation_id = conversation
			    and (m.id = a_parent or m.client_id = a_parent)
			    order by m.created_at desc limit 1), newest)
			into parent;
		end if;
	end if;

	select coalesce(jsonb_agg(jsonb_build_object('role', t.role,
	    'text', t.text) order by t.depth desc), '[]') into history
	from (select m.role, m.text, p.depth
		from message_path(coalesce(question, parent)) p
		join messages m on m.id = p.id
		where m.id is distinct from question
		    and m.status in ('complete', 'stopped') and m.text <> ''
		order by p.depth limit a_history) t;
	if question is null then
		question := a_question;
		insert into messages (id, conversation_id, parent_id, role, text,
		    status, client_id)
		values (a_question, conversation, parent, 'user', a_text,
		    'complete', a_client_message);
	end if;
	insert into messages (id, conversation_id, parent_id, role, text, status)
	values (a_answer, conversation, question, 'assistant', '', 'running');
	if not exists (select from answer_workers w where w.id = a_worker
	    and w.beat_at > clock_timestamp() - interval '3 seconds') then
		insert into answer_workers (id, beat_at)
		values (a_worker, clock_timestamp())
		on conflict (id) do update set beat_at = excluded.beat_at;
	end if;
	insert into answers (message_id, conversation_id, user_id, worker)
	values (a_answer, conversation, a_user, a_worker);
end
$$;

-- What has been running since long before this script has nobody who writes
-- it; what a former version writes at this moment is closed by it.
update messages set status = 'failed', error = 'ANSWER_BROKEN_OFF',
    finished_at = now()
where status = 'running' and created_at < now() - interval '15 minutes';
