-- Documents, their bytes, the passages (chunks) cut from their text, and the
-- word index that ranks them (BM25).
--
-- Whoever may see a document is decided by its owner alone: a person, or
-- nobody, which is the shared library. Each owner has a scope, and every
-- statistic of the index (how many chunks, how long, how many hold a word)
-- is kept per scope, so that nobody's text moves anybody else's results.
--
-- The index is read and written through the functions below only.

create table scopes (
	id integer generated always as identity
	    constraint scopes_pkey primary key,
	owner text constraint scopes_owner_key unique
	    constraint scopes_owner_fkey
	    references users (id) on delete cascade,
	chunks bigint not null default 0
	    constraint scopes_chunks_positive check (chunks >= 0),
	tokens bigint not null default 0
	    constraint scopes_tokens_positive check (tokens >= 0)
);
comment on table scopes is 'Whose text counts together in the index; locked by whoever changes the index of that owner.';
comment on column scopes.owner is 'Null: the shared library.';
comment on column scopes.chunks is 'Indexed chunks of this owner.';
comment on column scopes.tokens is 'Sum of their lengths (chunks.length).';
create unique index scopes_shared_key on scopes ((1)) where owner is null;
insert into scopes (owner) values (null);

create table documents (
	id text constraint documents_pkey primary key
	    default replace(gen_random_uuid()::text, '-', '')
	    constraint documents_id_form check (id ~ '^[A-Za-z0-9]{32}$'),
	owner text constraint documents_owner_fkey
	    references users (id) on delete cascade,
	external_id text,
	title text not null,
	filename text,
	media_type text not null,
	size bigint not null,
	sha256 text not null
	    constraint documents_sha256_form check (sha256 ~ '^[0-9a-f]{64}$'),
	chunks integer not null default 0,
	status text not null default 'queued'
	    constraint documents_status_known
	    check (status in ('queued', 'processing', 'ready', 'failed')),
	error text,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	deleted_at timestamptz,
	constraint documents_error_told check ((status = 'failed') = (error is not null))
);
comment on table documents is 'One row a document; document.c, reader.c.';
comment on column documents.owner is 'Null: the shared library, which everybody may read.';
comment on column documents.external_id is 'The name it has where it came from (_id of a BEIR collection).';
comment on column documents.filename is 'Unique per owner: the same name again replaces the document.';
comment on column documents.size is 'Bytes as uploaded.';
comment on column documents.sha256 is 'Of the bytes as uploaded, lower-case hex.';
comment on column documents.error is 'Why it failed, in words that a person can act on.';
comment on column documents.deleted_at is 'Set: gone from every list and search; purged a day later.';
create unique index documents_filename_key
    on documents (coalesce(owner, ''), filename)
    where deleted_at is null and filename is not null;
create unique index documents_external_id_key
    on documents (coalesce(owner, ''), external_id)
    where deleted_at is null and external_id is not null;
create index documents_sha256_idx
    on documents (coalesce(owner, ''), sha256) where deleted_at is null;
create index documents_created_at_idx
    on documents (coalesce(owner, ''), created_at desc, id desc)
    where deleted_at is null;
create index documents_owner_idx on documents (owner);
create index documents_deleted_at_idx
    on documents (deleted_at) where deleted_at is not null;

create table originals (
	document text constraint originals_pkey primary key
	    constraint originals_document_fkey
	    references documents (id) on delete cascade,
	bytes bytea not null
);
comment on table originals is 'The bytes as uploaded. No row once the document''s text is the same bytes.';

create table texts (
	document text constraint texts_pkey primary key
	    constraint texts_document_fkey
	    references documents (id) on delete cascade,
	bytes bytea not null
);
comment on table texts is 'The text read from the document, UTF-8: what every start and end counts in.';
-- Not compressed, so that a slice is read without the rest.
alter table texts alter column bytes set storage external;

create table chunks (
	id integer generated always as identity
	    constraint chunks_pkey primary key,
	document text not null constraint chunks_document_fkey
	    references documents (id) on delete cascade,
	ordinal integer not null,
	start_byte integer not null,
	end_byte integer not null,
	heading text not null,
	tokens integer not null,
	length smallint not null,
	terms bigint[] not null,
	constraint chunks_document_ordinal_key unique (document, ordinal),
	constraint chunks_range check (0 <= start_byte and start_byte < end_byte)
);
comment on table chunks is 'The passages of a document''s text, in reading order.';
comment on column chunks.heading is 'The headings above it, outermost first, " > " between them.';
comment on column chunks.tokens is 'Estimate of what it costs in a model''s window.';
comment on column chunks.length is 'Words that the index counts in it: title, headings and text without stop words.';
comment on column chunks.terms is 'Every terms.id in it: how its postings are found again.';

create table terms (
	id bigint generated always as identity constraint terms_pkey primary key,
	scope integer not null constraint terms_scope_fkey
	    references scopes (id) on delete cascade,
	lexeme text not null,
	chunks integer not null
	    constraint terms_chunks_positive check (chunks > 0),
	constraint terms_scope_lexeme_key unique (scope, lexeme)
) with (fillfactor = 80);
comment on table terms is 'The words of a scope.';
comment on column terms.lexeme is 'Stemmed, as index_words() gives it.';
comment on column terms.chunks is 'How many chunks of the scope hold it.';

create table postings (
	term bigint not null,
	chunk integer not null,
	frequency smallint not null,
	length smallint not null,
	constraint postings_pkey primary key (term, chunk)
	    include (frequency, length)
);
comment on table postings is 'Which chunk holds which word. Without foreign keys: index_add() and index_forget() alone write here.';
comment on column postings.frequency is 'How often the word stands in the chunk.';
comment on column postings.length is 'chunks.length, here so that the index alone answers.';

create table index_jobs (
	document text constraint index_jobs_pkey primary key
	    constraint index_jobs_document_fkey
	    references documents (id) on delete cascade,
	due_at timestamptz not null default now(),
	lease uuid,
	attempts integer not null default 0,
	reason text,
	created_at timestamptz not null default now()
);
comment on table index_jobs is 'Documents that wait to be read, forgotten (after deletion) or purged (a day later).';
comment on column index_jobs.due_at is 'Not before this moment; a claim moves it on.';
comment on column index_jobs.lease is 'Of the latest claim; only its holder may finish the job.';
comment on column index_jobs.attempts is 'Claims so far; a document that ends its reader three times is given up.';
comment on column index_jobs.reason is 'What went wrong at the latest attempt.';
create index index_jobs_due_at_idx on index_jobs (due_at);

create view document_cards as
select id, owner, external_id, title, filename, media_type, size, sha256,
    chunks, status, error, owner is null as is_shared,
    (extract(epoch from created_at) * 1000)::bigint as created_ms,
    (extract(epoch from updated_at) * 1000)::bigint as updated_ms,
    created_at
from documents where deleted_at is null;
comment on view document_cards is 'What a client sees of a document.';

-- The words of a text, stemmed, stop words left out. Slashes and angle
-- brackets are blanks, or the parser would swallow paths and <placeholders>.
create function index_words(a_text text) returns tsvector
language sql immutable parallel safe as $$
	select to_tsvector('pg_catalog.english', translate(a_text, '/<>', '   '))
$$;

-- The scope of an owner (null: the shared library), made when it is new.
create function index_scope(a_owner text) returns integer
language plpgsql as $$
declare
	found_id integer;
begin
	select id into found_id from scopes
	where owner = a_owner or (a_owner is null and owner is null);
	if found_id is null then
		insert into scopes (owner) values (a_owner)
		on conflict do nothing;
		select id into found_id from scopes where owner = a_owner;
	end if;
	return found_id;
end
$$;

-- Adds chunks of one document to chunks, postings and statistics. The text
-- is in texts already; the caller's transaction holds the scope's lock.
-- tsvector keeps 255 places of a word, which bounds its frequency. Nested
-- loops are off because the planner takes every array for ten entries; that
-- makes plans look so dear that they would be compiled.
create function index_add(a_document text, a_scope integer, a_first integer,
    a_starts integer[], a_ends integer[], a_headings text[],
    a_tokens integer[]) returns void
language sql set enable_nestloop = off set jit = off as $$
	with piece as materialized (
		select a_first + u.n::integer - 1 as ordinal, u.start_byte,
		    u.end_byte, u.heading, u.tokens,
		    index_words(concat_ws(e'\n\n', d.title, u.heading,
			convert_from(substring(t.bytes from u.start_byte + 1
			    for u.end_byte - u.start_byte), 'UTF8'))) as words
		from unnest(a_starts, a_ends, a_headings, a_tokens)
		    with ordinality u (start_byte, end_byte, heading, tokens, n),
		    texts t join documents d on d.id = t.document
		where t.document = a_document
	), word as materialized (
		select p.ordinal, w.lexeme,
		    cardinality(w.positions)::smallint as frequency
		from piece p, unnest(p.words) w
	), tally as materialized (
		select lexeme, count(*)::integer as chunks
		from word group by lexeme
	), term as (
		insert into terms (scope, lexeme, chunks)
		select a_scope, y.lexeme, y.chunks from tally y order by y.lexeme
		on conflict (scope, lexeme) do update
		set chunks = terms.chunks + excluded.chunks
		returning id, lexeme
	), sum as materialized (
		select w.ordinal, array_agg(m.id order by m.id) as terms,
		    least(sum(w.frequency), 32767)::smallint as length
		from word w join term m using (lexeme) group by w.ordinal
	), chunk as (
		insert into chunks (document, ordinal, start_byte, end_byte,
		    heading, tokens, length, terms)
		select a_document, p.ordinal, p.start_byte, p.end_byte, p.heading,
		    p.tokens, coalesce(s.length, 0), coalesce(s.terms, '{}')
		from piece p left join sum s using (ordinal)
		returning id, ordinal, length
	), posting as (
		insert into postings (term, chunk, frequency, length)
		select m.id, c.id, w.frequency, c.length
		from word w join term m using (lexeme) join chunk c using (ordinal)
		order by c.id, m.id
	)
	update scopes s set chunks = s.chunks + n.chunks,
	    tokens = s.tokens + n.tokens
	from (select count(*) as chunks, coalesce(sum(length), 0) as tokens
	    from chunk) n
	where s.id = a_scope
$$;

-- Takes a document's chunks out of the index and of its statistics.
create function index_forget(a_document text) returns void
language plpgsql as $$
declare
	its_scope integer;
begin
	if not exists (select from chunks where document = a_document) then
		return;
	end if;
	-- No scope is left when its owner goes as a whole.
	select s.id into its_scope from scopes s join documents d
	on s.owner = d.owner or (s.owner is null and d.owner is null)
	where d.id = a_document for update of s;

	with gone as (
		delete from chunks where document = a_document
		returning id, length, terms
	), pair as materialized (
		select g.id as chunk, u.term from gone g, unnest(g.terms) u (term)
	), tally as materialized (
		select term, count(*)::integer as chunks from pair group by term
	), posting as (
		delete from postings p using pair
		where p.term = pair.term and p.chunk = pair.chunk
	), emptied as (
		delete from terms t using tally y
		where t.id = y.term and t.chunks = y.chunks
	), lowered as (
		update terms t set chunks = t.chunks - y.chunks
		from tally y where t.id = y.term and t.chunks > y.chunks
	)
	update scopes s set chunks = s.chunks - n.chunks,
	    tokens = s.tokens - n.tokens
	from (select count(*) as chunks, coalesce(sum(length), 0) as tokens
	    from gone) n
	where s.id = its_scope;
end
$$;

-- However a row of documents ends, its index entries end with it.
create function documents_forget() returns trigger
language plpgsql as $$
begin
	perform index_forget(old.id);
	return old;
end
$$;
create trigger documents_forget before delete on documents
for each row execute function documents_forget();

-- Held, until the end of a transaction, by whoever reads the document.
create function index_lock_key(a_document text) returns bigint
language sql immutable as $$
	select hashtextextended('lectern.index.' || a_document, 0)
$$;

-- Takes the next job that is due. A claim is good for ten seconds; its
-- holder then opens a transaction under index_lock_key(), which ends with
-- its connection, so that a killed reader is replaced at once and a slow one
-- is left alone. Documents that ended their reader three times are failed.
-- Nothing due: a null document, and in how many milliseconds to ask again
-- (null: not before something is uploaded).
create function index_claim(out a_document text, out a_lease uuid,
    out a_wait_ms bigint)
language plpgsql as $$
declare
	job record;
	-- A cursor, fetched row by row: a loop would lock ten rows ahead.
	due cursor for
		select j.document, j.attempts, j.reason, d.deleted_at
		from index_jobs j join documents d on d.id = j.document
		where j.due_at <= now() order by j.due_at, j.created_at, j.document
		for no key update of d, j skip locked;
begin
	open due;
	loop
		fetch due into job;
		exit when not found;
		continue when
		    not pg_try_advisory_xact_lock(index_lock_key(job.document));
		if job.attempts >= 3 and job.deleted_at is null then
			update documents set status = 'failed',
			    error = coalesce(job.reason, 'Reading this document was broken off three times; it may be too large or damaged.'),
			    updated_at = now()
			where id = job.document;
			delete from index_jobs where document = job.document;
			continue;
		end if;
		a_document := job.document;
		a_lease := gen_random_uuid();
		update index_jobs set lease = a_lease, attempts = attempts + 1,
		    due_at = now() + interval '10 s'
		where document = a_document;
		update documents set status = 'processing'
		where id = a_document and status = 'queued';
		close due;
		return;
	end loop;
	close due;
	-- What is due and was passed over is in another reader's hands.
	select greatest(5000, ceil(extract(epoch from min(due_at) - now())
	    * 1000))::bigint into a_wait_ms
	from index_jobs having count(*) > 0;
end
$$;

-- Starts to replace what the index holds of a document, and stores its text;
-- a_bytes null: the text is the original. Returns the scope, locked: the
-- order of locks is scope, document, job, and uploads take no scope.
create function index_begin(a_document text, a_bytes bytea) returns integer
language plpgsql as $$
declare
	its_scope integer;
begin
	select index_scope(owner) into its_scope
	from documents where id = a_document;
	perform from scopes where id = its_scope for update;
	perform index_forget(a_document);
	-- || makes a new value: the original's would be stored as compressed as
	-- it is, and every slice of it would unpack all that stands before.
	insert into texts (document, bytes)
	select a_document, coalesce(a_bytes,
	    (select bytes || ''::bytea from originals
	    where document = a_document),
	    (select bytes from texts where document = a_document))
	on conflict (document) do update set bytes = excluded.bytes;
	return its_scope;
end
$$;

-- Ends a job whose chunks are in place: false when the claim was lost in the
-- meantime (replaced, deleted, taken over) and all must be rolled back.
create function index_finish(a_document text, a_lease uuid,
    a_is_original boolean) returns boolean
language plpgsql as $$
begin
	perform from documents where id = a_document for no key update;
	delete from index_jobs where document = a_document and lease = a_lease;
	if not found then
		return false;
	end if;
	if a_is_original then
		delete from originals where document = a_document;
	end if;
	update documents set status = 'ready', error = null, chunks = (
	    select count(*) from chunks where document = a_document)
	where id = a_document;
	return true;
end
$$;

-- Gives a document up, with a reason for its owner. Nothing of it stays
-- searchable; what was uploaded stays.
create function index_fail(a_document text, a_lease uuid, a_reason text)
returns boolean
language plpgsql as $$
begin
	perform index_forget(a_document);
	perform from documents where id = a_document for no key update;
	delete from index_jobs where document = a_document and lease = a_lease;
	if not found then
		return false;
	end if;
	update documents set status = 'failed', error = a_reason, chunks = 0
	where id = a_document;
	return true;
end
$$;

-- The job of a deleted document: out of the index now, gone a day later.
create function index_clean(a_document text, a_lease uuid) returns void
language plpgsql as $$
declare
	its_end timestamptz;
begin
	perform index_forget(a_document);
	select deleted_at + interval '1 day' into its_end
	from documents where id = a_document for no key update;
	if its_end <= now() then
		delete from documents where id = a_document;
	elsif its_end is not null then
		update documents set chunks = 0 where id = a_document;
		update index_jobs set due_at = its_end, lease = null, attempts = 0
		where document = a_document and lease = a_lease;
	end if;
end
$$;

-- Stores what was uploaded. Outcome: created, replaced, same (nothing to do)
-- or quota (nothing stored). One upload of an owner at a time, so that two
-- equal ones meet. a_coming: bytes of this upload and of those sent with it.
create function document_put(a_owner text, a_filename text,
    a_external_id text, a_title text, a_media_type text, a_bytes bytea,
    a_quota bigint, a_coming bigint, out outcome text, out card document_cards)
language plpgsql as $$
declare
	old documents;
	new_sha256 text := encode(sha256(a_bytes), 'hex');
	new_id text;
begin
	perform pg_advisory_xact_lock(
	    hashtextextended('lectern.upload.' || coalesce(a_owner, ''), 0));

	select * into old from documents
	where coalesce(owner, '') = coalesce(a_owner, '')
	    and deleted_at is null
	    and ((a_external_id is null and filename = a_filename)
	    or external_id = a_external_id)
	for no key update;
	if not found and a_external_id is null then
		select * into old from documents
		where coalesce(owner, '') = coalesce(a_owner, '')
		    and deleted_at is null and sha256 = new_sha256
		order by created_at limit 1 for no key update;
	end if;

	if old.sha256 = new_sha256 and
	    (a_external_id is null or old.title = a_title) then
		outcome := 'same';
		new_id := old.id;
	elsif a_quota > 0 and a_quota < a_coming + (
	    select coalesce(sum(size), 0) from documents
	    where coalesce(owner, '') = coalesce(a_owner, '')
	    and deleted_at is null and id is distinct from old.id) then
		outcome := 'quota';
		return;
	elsif old.id is not null then
		outcome := 'replaced';
		new_id := old.id;
		update documents set title = a_title, media_type = a_media_type,
		    size = octet_length(a_bytes), sha256 = new_sha256,
		    updated_at = now()
		where id = new_id;
	else
		outcome := 'created';
		insert into documents (owner, external_id, title, filename,
		    media_type, size, sha256)
		values (a_owner, a_external_id, a_title, a_filename,
		    a_media_type, octet_length(a_bytes), new_sha256)
		returning id into new_id;
	end if;

	if outcome <> 'same' then
		insert into originals (document, bytes) values (new_id, a_bytes)
		on conflict (document) do update set bytes = excluded.bytes;
	end if;
	if outcome <> 'same' or old.status = 'failed' then
		update documents set status = 'queued', error = null
		where id = new_id;
		insert into index_jobs (document) values (new_id)
		on conflict (document) do update set due_at = now(),
		    lease = null, attempts = 0, reason = null;
	end if;
	select * into card from document_cards where id = new_id;
end
$$;

create table common_words (
	lexeme text constraint common_words_pkey primary key
);
comment on table common_words is 'Words of everyday questions, stemmed. They say little about the subject: a question is not answered from them alone.';

insert into common_words (lexeme)
select distinct w.lexeme from unnest(index_words($words$
able about above accomplish accord according account achieve across act
action activity actual actually add addition additional adjust advice affect
after again against age ago agree aim allow almost alone along already also
alter although always amount answer anybody anyone anything anyway apart
apparently appear apply approach approximate approximately area arise around
arrange arrive ask aspect assign assist associate assume attempt attribute
available average avoid away back bad base based basic basically basis bear
became because become been before begin began begun behave behind being
belief believe belong below benefit beside best better between beyond big
bit both bottom break brief briefly bring brought build built call called
came can cannot care carry case category cause caused century
certain certainly chance change characteristic check choice choose chose
chosen circumstance claim class clear clearly close collect come common
commonly compare compared comparison complete completely compose composed
comprise concern conclude condition conduct connect consequence consider
considered consist constitute contain content continue contribute control
convert cool correct could count couple course cover create created creation
critical current currently cut daily date day deal decade decide decision
decrease deep define defined definition degree demonstrate depend derive
describe described description design designate desire despite detail
determine develop developed did differ difference different difficult direct
directly discover discuss display distance distinct distinguish divide do
does doing done double down draw drop due during each earlier early easily
easy effect effective either eleven eliminate else employ enable encounter
end enough ensure enter entire entirely equal especially establish estimate
etc even event eventually ever every everybody everyone everything evidence
exact exactly example except exist exists expand expect explain explanation
express extend extent extra extremely fact factor fail fairly fall
familiar famous far fast feature feel felt few field fifth figure final
finally find fine finish first fit five fix focus follow followed following
form formed former forward found four fourth free frequently full fully
function further future gain gave general generally get give given giving
goal goes going gone good got great greater greatest ground group grow guide
guy had half handle happen happened hard have he hear held help helpful
hence her here hey high higher highest him his hold hour how however huge
hundred idea identify if illustrate imagine immediately impact imply
importance important improve in include included including increase indeed
indicate individual info inform information initial initially inside instance
instead intend intended interest interested interesting introduce involve
involved issue item its itself join just keep kept key kind knew know known
lack large largely largest last lasted late later latest lay lead least leave
led left length less let level lie like likely limit line link
list little live lived locate located location long longer look lose loss
lost lot low lower lowest made main mainly maintain major majority make
making manage manner many mark matter maximum may maybe me mean meaning means
meant measure meet member mention mere method might million mind minimum
minor minute miss modern modify moment month more moreover most mostly move
much multiple must my name named namely near nearly necessary
need never nevertheless new next nine no nobody none nor normal normally not
note nothing notice now number object observe obtain obvious obviously occur
occurred of off offer often oh ok okay old once one ones only onto open
operate opinion opposite option or order ordinary origin original originally
other others otherwise ought our out outside over overall own pair part
participate particular particularly partly pass past pay people per percent
percentage perform perhaps period person persons pick piece place placed plan
play please plenty plus point popular portion position possess possible
possibly potential practical practice precise precisely prefer prepare
presence present prevent previous previously primarily primary principal
prior probably problem proceed process produce produced progress proper
properly propose prove provide provided purpose put quantity
question quick quickly quite raise ran range rank rapidly rare rarely rate
rather reach react read ready real really reason receive received recent
recently recognize recommend reduce refer reference referred reflect regard
regarding regular relate related relation relationship relative relatively
relevant remain remember remove rename repeat replace reply represent
request require required requirement resemble respect respond response rest
result return reveal right rise role roughly rule run said same save saw say
scale second section see seek seem seen select sense separate serious serve
set setting seven several shall shape share she shift short show shown side
significant significantly similar simple simply since single situation
six size slow slowly small smaller smallest so solve some somebody someone
something sometimes somewhat somewhere soon sort speak specific
specifically specify spend split spot stage stand standard start started
state status stay step still stop strong structure style subject substantial
succeed success successful such suddenly suggest suitable summarise summarize
summary support suppose supposed sure surround switch take taken talk task
tell ten tend term terms than thank thanks that the their them then there
therefore these they thing things think third this those though thought
thousand three through throughout thus time times tiny to today together told
tomorrow tonight too took top topic total touch toward towards treat
tried true try turn twelve twenty twice two type typical typically
unable under understand unfortunately unit unless unlike until unusual up
upgrade upon us use used useful user usual usually utilize valuable value variety
various vary vast version very via view visit want was way we week weeks
well went were whatever whenever whereas wherever whether while whole whom
whose wide widely will win wish with within without won wonder word words work
worked working world would write written wrong wrote year yearly years yes
yesterday yet you your zero
$words$)) w
union select * from unnest(array['1', '2', '3', '4', '5', '6', '7', '8', '9',
    '10']);
