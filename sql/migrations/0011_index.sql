-- The word index as compact blocks of postings, which the program scores
-- (segment.c writes them, scorer.c reads them, merge.c joins them).
--
-- A segment is what one transaction added to, or took from, the index of one
-- scope, and is never changed: readers do not wait for each other, and no row
-- counts for all. What holds of a scope (chunks, tokens, how many chunks have
-- a word) is the sum over its segments. Forgetting a document adds a segment
-- of negative numbers and names the chunks that are dead; merging replaces
-- segments by one that says the same.
--
-- Every document that was readable is read again.

drop trigger documents_forget on documents;
drop function documents_forget();
drop function index_add(text, integer, integer, integer[], integer[], text[],
    integer[]);
drop function index_begin(text, bytea);
drop function index_claim();
drop function index_finish(text, uuid, boolean);
drop function index_fail(text, uuid, text);
drop function index_clean(text, uuid);
drop function index_forget(text);
drop function index_lock_key(text);
drop table postings, terms, chunks, common_words;
drop function index_words(text);
alter table scopes drop column chunks, drop column tokens;
comment on table scopes is 'Whose text counts together in the index.';

create sequence chunk_ids as integer;
create table chunks (
	id integer constraint chunks_pkey primary key,
	document text not null constraint chunks_document_fkey
	    references documents (id) on delete cascade,
	scope integer not null,
	ordinal integer not null,
	start_byte integer not null,
	end_byte integer not null,
	heading text not null,
	tokens integer not null,
	length integer not null,
	page integer,
	page_breaks bigint[],
	digest bytea,
	terms bigint[] not null,
	constraint chunks_document_ordinal_key unique (document, ordinal),
	constraint chunks_range check (0 <= start_byte and start_byte < end_byte)
);
comment on table chunks is 'The passages of a document''s text, in reading order. The ids of one document follow each other.';
comment on column chunks.heading is 'The headings above it, outermost first, " > " between them.';
comment on column chunks.tokens is 'Estimate of what it costs in a model''s window.';
comment on column chunks.length is 'Words that the index counts in it: title, headings and text without stop words.';
comment on column chunks.page is 'Where the document has pages: the one it begins on, from 1.';
comment on column chunks.page_breaks is 'The bytes of the document at which the pages after that begin, as far as they do in this passage.';
comment on column chunks.digest is 'SHA-256 of what stands for it in the vector index: title, heading and text.';
comment on column chunks.terms is 'The terms in it, as index_terms.term: what to take off when it goes.';
-- Numbers without order: nothing to gain.
alter table chunks alter column terms set storage external;

create sequence segment_ids;
create table index_segments (
	id bigint constraint index_segments_pkey primary key,
	scope integer not null constraint index_segments_scope_fkey
	    references scopes (id) on delete cascade,
	chunks integer not null,
	tokens bigint not null,
	languages integer not null,
	first_chunk integer not null,
	last_chunk integer not null,
	dead integer not null default 0
);
comment on table index_segments is 'One row for what a transaction added to a scope or took from it; never changed.';
comment on column index_segments.chunks is 'How many it adds; negative where documents were forgotten.';
comment on column index_segments.tokens is 'Sum of their lengths (chunks.length), likewise.';
comment on column index_segments.languages is 'Bit n: language n of language.h occurs.';
comment on column index_segments.first_chunk is 'The chunks of its postings lie from here to last_chunk.';
comment on column index_segments.dead is 'Chunks in its rows of index_dead.';
create index index_segments_scope_idx on index_segments (scope)
    include (id, chunks, tokens, languages);

create table index_terms (
	segment bigint not null,
	term bigint not null,
	part integer not null,
	chunks integer not null,
	bytes bytea not null,
	constraint index_terms_pkey primary key (segment, term, part)
);
comment on table index_terms is 'The words of a segment: few postings at once, or where their blocks begin. Without foreign keys: index_segments_end() clears it.';
comment on column index_terms.term is 'Hash of the stemmed word (analyze.h).';
comment on column index_terms.part is 'From 0, where the directory is longer than a row.';
comment on column index_terms.chunks is 'How many chunks it adds to those that hold the word; of part 0 for all.';
comment on column index_terms.bytes is 'As postings.h describes; empty: no postings.';
alter table index_terms alter column bytes set storage plain;

create table index_blocks (
	segment bigint not null,
	term bigint not null,
	first_chunk integer not null,
	bytes bytea not null,
	constraint index_blocks_pkey primary key (segment, term, first_chunk)
);
comment on table index_blocks is 'Postings of the words that one row does not hold, in blocks of chunks that follow each other.';
alter table index_blocks alter column bytes set storage plain;
-- Merging writes and deletes rows by the hundred thousand: their place must
-- be free again by the next merge.
alter table index_terms set (autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_vacuum_cost_delay = 0);
alter table index_blocks set (autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_vacuum_cost_delay = 0);

create table index_dead (
	segment bigint not null constraint index_dead_segment_fkey
	    references index_segments (id) on delete cascade,
	first_chunk integer not null,
	last_chunk integer not null,
	constraint index_dead_pkey primary key (segment, first_chunk)
);
comment on table index_dead is 'Chunks that are gone, whose postings still stand in a segment.';

-- Not on chunks: reading a document then changes no index.
create index documents_hidden_idx on documents (coalesce(owner, ''))
    where deleted_at is not null;
alter table documents set (fillfactor = 80);

-- Here and below: plans are made once a session, when tables may still be
-- empty, and must not be those of small tables.
create function index_segments_end() returns trigger
language plpgsql set enable_seqscan = off as $$
begin
	delete from index_terms where segment = old.id;
	delete from index_blocks where segment = old.id;
	return null;
end
$$;
create trigger index_segments_end after delete on index_segments
for each row execute function index_segments_end();

-- What the user may search: his own scope and the shared library's.
create function index_scopes(a_user text) returns setof integer
language sql stable as $$
	select id from scopes where owner = a_user
	union all
	select id from scopes where owner is null
$$;

-- Chunk ids that follow each other, for one transaction; returns the first.
create function index_reserve(a_count integer) returns integer
language plpgsql as $$
declare
	its_key constant bigint := hashtextextended('lectern.chunk_ids', 0);
	its_first integer;
begin
	perform pg_advisory_lock(its_key);
	its_first := nextval('chunk_ids');
	if a_count > 1 then
		perform setval('chunk_ids', its_first + a_count - 1);
	end if;
	perform pg_advisory_unlock(its_key);
	return its_first;
exception when others then
	perform pg_advisory_unlock(its_key);
	raise;
end
$$;

-- Takes documents' chunks out of the index and of its statistics. A scope
-- whose owner is going needs no statistics.
create function index_forget(a_documents text[]) returns void
language plpgsql set enable_seqscan = off as $$
declare
	its_segment bigint;
	its_scope integer;
begin
	for its_scope in
		select distinct c.scope from chunks c
		where c.document = any (a_documents) and c.ordinal = 0
	loop
		if not exists (select from scopes s where s.id = its_scope
		    and (s.owner is null or exists (select from users u
			where u.id = s.owner))) then
			delete from chunks
			where document = any (a_documents) and scope = its_scope;
			continue;
		end if;
		its_segment := nextval('segment_ids');
		with gone as (
			delete from chunks
			where document = any (a_documents) and scope = its_scope
			returning id, document, length, terms
		), term as (
			insert into index_terms (segment, term, part, chunks, bytes)
			select its_segment, u.term, 0, -count(*), ''
			from gone g, unnest(g.terms) u (term) group by u.term
		), segment as (
			insert into index_segments (id, scope, chunks, tokens,
			    languages, first_chunk, last_chunk, dead)
			select its_segment, its_scope, -count(*),
			    -sum(length), 0, 0, -1, count(*)
			from gone having count(*) > 0
		)
		insert into index_dead (segment, first_chunk, last_chunk)
		select its_segment, min(id), max(id) from gone group by document;
	end loop;
end
$$;

-- However a row of documents ends, its index entries end with it.
create function documents_forget() returns trigger
language plpgsql as $$
begin
	perform index_forget(array[old.id]);
	return old;
end
$$;
create trigger documents_forget before delete on documents
for each row execute function documents_forget();

-- Held, until the end of a transaction, by whoever works on a claim.
create function index_lock_key(a_lease uuid) returns bigint
language sql immutable as $$
	select hashtextextended('lectern.index.' || a_lease, 0)
$$;

-- Takes jobs that are due: one, or many small documents of one owner that
-- nobody has tried yet. A claim is good for ten seconds; its holder then opens
-- a transaction under index_lock_key(), which ends with its connection, so
-- that a killed reader is replaced at once and a slow one is left alone.
-- Documents that ended their reader three times are failed. Nothing due: null
-- documents, and in how many milliseconds to ask again (null: not before
-- something is uploaded).
create function index_claim(a_many integer, a_bytes bigint,
    out a_documents text[], out a_lease uuid, out a_wait_ms bigint)
language plpgsql set enable_seqscan = off as $$
declare
	job record;
	sum bigint := 0;
	its_owner text;
	is_small boolean;
	-- A cursor, fetched row by row: a loop would lock ten rows ahead.
	due cursor for
		select j.document, j.attempts, j.reason, j.lease, d.deleted_at,
		    coalesce(d.owner, '') as owner, d.size, d.media_type
		from index_jobs j join documents d on d.id = j.document
		where j.due_at <= now() order by j.due_at, j.created_at, j.document
		for no key update of d, j skip locked;
begin
	open due;
	loop
		fetch due into job;
		exit when not found;
		continue when job.lease is not null and
		    not pg_try_advisory_xact_lock(index_lock_key(job.lease));
		if job.attempts >= 3 and job.deleted_at is null then
			update documents set status = 'failed',
			    error = coalesce(job.reason, 'Reading this document was broken off three times; it may be too large or damaged.'),
			    updated_at = now()
			where id = job.document;
			delete from index_jobs where document = job.document;
			continue;
		end if;
		is_small := job.attempts = 0 and job.deleted_at is null and
		    job.size < a_bytes / 8 and
		    job.media_type in ('text/plain', 'text/markdown');
		if a_documents is null then
			a_lease := gen_random_uuid();
			its_owner := job.owner;
		else
			exit when not is_small or job.owner <> its_owner;
		end if;
		a_documents := a_documents || job.document;
		sum := sum + job.size;
		exit when not is_small or sum >= a_bytes or
		    cardinality(a_documents) >= a_many;
	end loop;
	close due;
	if a_documents is not null then
		update index_jobs set lease = a_lease, attempts = attempts + 1,
		    due_at = now() + interval '10 s'
		where document = any (a_documents);
		update documents set status = 'processing'
		where id = any (a_documents) and status = 'queued';
		return;
	end if;
	-- What is due and was passed over is in another reader's hands.
	select greatest(5000, ceil(extract(epoch from min(due_at) - now())
	    * 1000))::bigint into a_wait_ms
	from index_jobs having count(*) > 0;
end
$$;

-- Ends jobs whose chunks are in place: false when one of the claims was lost
-- in the meantime (replaced, deleted, taken over) and all must be rolled back.
create function index_finish(a_documents text[], a_lease uuid,
    a_originals boolean[]) returns boolean
language plpgsql set enable_seqscan = off as $$
declare
	ended integer;
begin
	perform from documents where id = any (a_documents)
	order by id for no key update;
	delete from index_jobs
	where document = any (a_documents) and lease = a_lease;
	get diagnostics ended = row_count;
	if ended <> cardinality(a_documents) then
		return false;
	end if;
	delete from originals where document = any (array(
	    select u.id from unnest(a_documents, a_originals) u (id, own)
	    where u.own));
	update documents d set status = 'ready', error = null,
	    chunks = (select count(*) from chunks c where c.document = d.id)
	where d.id = any (a_documents);
	return true;
end
$$;

-- Gives a document up, with a reason for its owner. Nothing of it stays
-- searchable; what was uploaded stays.
create function index_fail(a_document text, a_lease uuid, a_reason text)
returns boolean
language plpgsql as $$
begin
	perform index_forget(array[a_document]);
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
	perform index_forget(array[a_document]);
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

-- The segments to join next, oldest first; null: none. Segments are
-- sorted by size into tiers of factor eight; eight in a tier are joined, with
-- all that are smaller. Where a quarter of the chunks is dead, all are.
create function index_merge_choice(a_scope integer) returns bigint[]
language sql stable as $$
	with segment as (
		select id, abs(chunks) as chunks, dead, greatest(0, floor(log(8,
		    greatest(abs(chunks), dead, 1) / 64.0))) as tier
		from index_segments where scope = a_scope
	), full_tier as (
		select case when sum(dead) > 64 and
		    sum(dead) * 4 > sum(chunks) then max(tier)
		    else (select max(tier) from (select tier from segment
			group by tier having count(*) >= 8) f) end as tier
		from segment
	)
	select array_agg(s.id order by s.id) from segment s, full_tier f
	where s.tier <= f.tier having count(*) > 1
$$;

-- All rows of these segments, by term, as the cursor named merge.
create function index_merge_open(a_segments bigint[]) returns refcursor
language plpgsql set enable_seqscan = off as $$
declare
	merge no scroll cursor for
		select i.term, i.segment, i.chunks, i.bytes from index_terms i
		where i.segment = any (a_segments)
		order by i.term, i.segment, i.part;
begin
	merge := 'merge';
	open merge;
	return merge;
end
$$;

update documents set status = 'queued', chunks = 0
where status in ('ready', 'processing') and deleted_at is null;
update documents set chunks = 0 where chunks <> 0;
insert into index_jobs (document)
select id from documents where status = 'queued'
on conflict (document) do update set due_at = now(), lease = null,
    attempts = 0, reason = null;
