-- Vectors of passages, for searching by meaning: where pgvector is installed
-- and an embedding end point is configured. Nothing here needs pgvector until
-- vector_open() has found it; without it these tables stay empty.
--
-- A vector belongs to a text, not to a passage: its key is the scope and the
-- digest of what was embedded, so that a document that is read again costs
-- only what has changed. Each model has a table of its own, vectors_<id>,
-- made when its first reply tells how long its vectors are:
--
--	scope integer, digest bytea, vector halfvec(N) (null: refused)
--
-- A new model is filled in the background while the old one serves, and the
-- old one goes when the new one is complete.

create table vector_models (
	id integer generated always as identity
	    constraint vector_models_pkey primary key,
	name text not null,
	prefix text not null,
	asked integer not null,
	dimensions integer,
	baseline float8 not null default 0,
	is_complete boolean not null default false,
	wanted_at timestamptz not null default now(),
	constraint vector_models_key unique (name, prefix, asked)
);
comment on table vector_models is 'Models that vectors are kept of; encoder.c, vectors.c.';
comment on column vector_models.name is 'As EMBED_MODEL calls it.';
comment on column vector_models.prefix is 'EMBED_PASSAGE_PREFIX: with another one the vectors are others.';
comment on column vector_models.asked is 'EMBED_DIMENSIONS; 0: the model''s own.';
comment on column vector_models.dimensions is 'How many numbers its vectors have; null: no reply yet, and no table.';
comment on column vector_models.baseline is 'The cosine of texts that have nothing to do with each other, by this model.';
comment on column vector_models.is_complete is 'Every readable document has had its vectors once; the newest such model serves.';
comment on column vector_models.wanted_at is 'When a program last started with it.';

create table vector_jobs (
	model integer not null constraint vector_jobs_model_fkey
	    references vector_models (id) on delete cascade,
	document text not null constraint vector_jobs_document_fkey
	    references documents (id) on delete cascade,
	due_at timestamptz not null default now(),
	lease uuid,
	constraint vector_jobs_pkey primary key (model, document)
);
comment on table vector_jobs is 'Documents with passages that may lack vectors.';
comment on column vector_jobs.due_at is 'Not before this moment; a claim moves it on, so that a killed worker is replaced.';
create index vector_jobs_due_at_idx on vector_jobs (model, due_at);
create index vector_jobs_document_idx on vector_jobs (document);

create table vector_leavings (
	scope integer not null,
	digest bytea not null
);
comment on table vector_leavings is 'Texts of passages that are gone: vectors that nothing else uses go too.';

-- Readable now: it waits for its vectors. It does so under every model, since
-- the serving one is still needed for what is new.
create function vector_queue() returns trigger
language plpgsql as $$
begin
	insert into vector_jobs (model, document)
	select id, new.id from vector_models
	on conflict (model, document) do update set due_at = now(), lease = null;
	return null;
end
$$;
create trigger vector_queue_added after insert on documents
for each row when (new.status = 'ready')
execute function vector_queue();
create trigger vector_queue_read after update of status on documents
for each row when (new.status = 'ready')
execute function vector_queue();

create function vector_leave() returns trigger
language plpgsql as $$
begin
	insert into vector_leavings (scope, digest)
	select distinct scope, digest from gone
	where digest is not null and exists (select from vector_models);
	return null;
end
$$;
create trigger vector_leave after delete on chunks
referencing old table as gone for each statement
execute function vector_leave();

-- Ends a model: its vectors, its jobs, its row.
create function vector_drop(a_model integer) returns void
language plpgsql as $$
begin
	execute format('drop table if exists vectors_%s', a_model);
	delete from vector_models where id = a_model;
end
$$;

-- Finds or registers the wanted model. Outcomes: ok; missing (no pgvector on
-- the database's machine); denied (it is there, and this role may not create
-- the extension).
create function vector_open(a_name text, a_prefix text, a_asked integer,
    out outcome text, out model integer, out has_baseline boolean)
language plpgsql as $$
declare
	other integer;
begin
	perform pg_advisory_xact_lock(hashtextextended('lectern.vectors', 0));
	if not exists (select from pg_extension where extname = 'vector') then
		if not exists (select from pg_available_extensions
		    where name = 'vector') then
			outcome := 'missing';
			return;
		end if;
		begin
			create extension vector;
		exception when insufficient_privilege then
			outcome := 'denied';
			return;
		end;
	end if;
	outcome := 'ok';
	create index if not exists chunks_digest_idx on chunks (digest, scope);

	update vector_models set wanted_at = now()
	where name = a_name and prefix = a_prefix and asked = a_asked
	returning id into model;
	if model is null then
		insert into vector_models (name, prefix, asked)
		values (a_name, a_prefix, a_asked) returning id into model;
		insert into vector_jobs (model, document)
		select model, id from documents
		where status = 'ready' and deleted_at is null;
	end if;
	select m.baseline <> 0 into has_baseline
	from vector_models m where m.id = model;
	-- Begun once, and wanted by nobody for long.
	for other in select id from vector_models
	    where not is_complete and wanted_at < now() - interval '1 day'
	loop
		perform vector_drop(other);
	end loop;
end
$$;

-- What stands for a passage in the vector index.
create function vector_text(a_title text, a_heading text, a_bytes bytea,
    a_start integer, a_end integer) returns text
language sql immutable as $$
	select concat_ws(e'\n', nullif(a_title, ''), nullif(a_heading, ''),
	    convert_from(substring(a_bytes from a_start + 1
		for a_end - a_start), 'UTF8'))
$$;

-- Takes up to a_many documents that are due; for two minutes, which every
-- stored batch renews. None: null, and in how many milliseconds one is (null:
-- none waits).
create function vector_claim(a_model integer, a_many integer,
    out a_lease uuid, out a_wait_ms bigint)
language plpgsql as $$
declare
	mine uuid := gen_random_uuid();
begin
	with due as (
		select document from vector_jobs
		where model = a_model and due_at <= now()
		order by due_at limit a_many for update skip locked
	)
	update vector_jobs j set lease = mine, due_at = now() + interval '2 min'
	from due d where j.model = a_model and j.document = d.document;
	if found then
		a_lease := mine;
		-- Here and not when they were read: only vectors need them.
		update chunks c set digest = sha256(convert_to(vector_text(
		    d.title, c.heading, t.bytes, c.start_byte, c.end_byte),
		    'UTF8'))
		from vector_jobs j join documents d on d.id = j.document
		join texts t on t.document = d.id
		where j.model = a_model and j.lease = mine
		    and c.document = j.document and c.digest is null;
		return;
	end if;
	select greatest(100, ceil(extract(epoch from min(due_at) - now())
	    * 1000))::bigint into a_wait_ms
	from vector_jobs where model = a_model having count(*) > 0;
end
$$;

-- The texts without vectors in the documents of a claim.
create function vector_missing(a_model integer, a_lease uuid, a_limit integer)
returns table (scope integer, digest text, content text)
language plpgsql stable as $$
declare
	-- No table yet: all are missing.
	its_filter text := (select case when dimensions is null then '' else
	    format('and not exists (select from vectors_%s v
		where v.scope = c.scope and v.digest = c.digest)', id) end
	    from vector_models where id = a_model);
begin
	return query execute format($sql$
		select m.scope, encode(m.digest, 'hex'), vector_text(d.title,
		    c.heading, t.bytes, c.start_byte, c.end_byte)
		from (select c.scope, c.digest, min(c.id) as id
		    from vector_jobs j join chunks c on c.document = j.document
		    where j.model = $1 and j.lease = $2
			and c.digest is not null %s
		    group by c.scope, c.digest limit $3) m
		join chunks c on c.id = m.id
		join documents d on d.id = c.document
		join texts t on t.document = c.document $sql$, its_filter)
	using a_model, a_lease, a_limit;
end
$$;

-- Keeps vectors, in a table that the first of them makes. False: the claim is
-- lost, or the vectors are longer or shorter than those before.
create function vector_store(a_model integer, a_lease uuid,
    a_dimensions integer, a_scopes integer[], a_digests text[],
    a_vectors text[]) returns boolean
language plpgsql as $$
declare
	known integer;
begin
	update vector_jobs set due_at = now() + interval '2 min'
	where model = a_model and lease = a_lease;
	if not found then
		return false;
	end if;
	select dimensions into known from vector_models
	where id = a_model for no key update;
	if known is null and a_dimensions > 0 then
		execute format('create table vectors_%1$s (
		    scope integer not null, digest bytea not null,
		    vector halfvec(%2$s),
		    constraint vectors_%1$s_pkey primary key (scope, digest))',
		    a_model, a_dimensions);
		-- In the row, where a scan finds it, as long as a page holds it.
		if a_dimensions <= 4000 then
			execute format('alter table vectors_%s
			    alter column vector set storage plain', a_model);
		end if;
		update vector_models set dimensions = a_dimensions
		where id = a_model;
	elsif known is null or (a_dimensions > 0 and known <> a_dimensions) then
		return false;
	end if;
	execute format('insert into vectors_%s (scope, digest, vector)
	    select u.scope, decode(u.digest, ''hex''), u.vector::halfvec
	    from unnest($1, $2, $3) u (scope, digest, vector)
	    on conflict do nothing', a_model)
	using a_scopes, a_digests, a_vectors;
	return true;
end
$$;

-- Nothing waits for the model any more: it is complete, and those before it
-- go. is_changed: it was not so before; needs_index: it has grown past what a
-- scan reads quickly. An index takes at most 4,000 numbers of halfvec.
create function vector_settle(a_model integer, out is_changed boolean,
    out needs_index boolean)
language plpgsql as $$
declare
	other integer;
	its_size bigint;
begin
	perform pg_advisory_xact_lock(hashtextextended('lectern.vectors', 0));
	update vector_models m set is_complete = true
	where id = a_model and not is_complete and dimensions is not null
	    and not exists (select from vector_jobs j where j.model = a_model);
	is_changed := found;
	if is_changed then
		for other in select id from vector_models where id < a_model loop
			perform vector_drop(other);
		end loop;
	end if;
	needs_index := false;
	if exists (select from vector_models
	    where id = a_model and dimensions between 1 and 4000) and
	    to_regclass(format('vectors_%s_idx', a_model)) is null then
		execute format('select count(*) from (select from vectors_%s
		    limit 10000) s', a_model) into its_size;
		needs_index := its_size = 10000;
	end if;
end
$$;

-- In one process alone: pgvector before 0.8.2 reads past its memory when
-- several build one index (CVE-2026-3172).
create function vector_index(a_model integer) returns void
language plpgsql set max_parallel_maintenance_workers = 0
set maintenance_work_mem = '128MB' as $$
begin
	if exists (select from vector_models where id = a_model) then
		execute format('create index if not exists vectors_%1$s_idx
		    on vectors_%1$s using hnsw (vector halfvec_cosine_ops)',
		    a_model);
	end if;
end
$$;

-- Removes vectors of texts that no passage has any more; how many texts were
-- looked at.
create function vector_forget(a_many integer) returns integer
language plpgsql as $$
declare
	its_scopes integer[];
	its_digests bytea[];
	its_model integer;
	looked_at integer;
begin
	with gone as (
		delete from vector_leavings l where ctid = any (array(
		    select ctid from vector_leavings limit a_many
		    for update skip locked))
		returning scope, digest
	), unused as (
		select scope, digest from gone g where not exists (
		    select from chunks c
		    where c.digest = g.digest and c.scope = g.scope)
	)
	select array_agg(scope), array_agg(digest), (select count(*) from gone)
	into its_scopes, its_digests, looked_at from unused;
	for its_model in select id from vector_models
	    where dimensions is not null
	loop
		execute format('delete from vectors_%s v
		    using unnest($1, $2) u (scope, digest)
		    where v.scope = u.scope and v.digest = u.digest', its_model)
		using its_scopes, its_digests;
	end loop;
	return looked_at;
end
$$;

-- The passages nearest to a vector among what the user may see (or those of
-- a_documents among it), and how near those of a_chunks are. An exact scan of
-- what is visible while that is little, or a selection; beyond that the
-- index, which is read on until enough of what it finds is visible.
--
-- A deleted document's passages are dropped at the end, so that many more are
-- taken before. background: how near passages at random are, by 200 of what is
-- visible (digests have no order) and ten that the model's baseline stands for:
-- in a small collection most may be about the question.
create function vector_search(a_model integer, a_user text, a_vector text,
    a_documents text[], a_limit integer, a_chunks integer[])
returns table (chunk integer, similarity float8, background float8)
language plpgsql as $$
declare
	its_size integer;
	its_baseline float8;
	its_scopes integer[] := array(select index_scopes(a_user));
	is_small boolean;
	hidden bigint;
	nearest text;
begin
	select dimensions, baseline into its_size, its_baseline
	from vector_models where id = a_model;
	if its_size is null then
		return;
	end if;
	select coalesce(sum(s.chunks), 0) <= 10000 into is_small
	from index_segments s where s.scope = any (its_scopes);
	select least(coalesce(sum(d.chunks), 0), 1000) into hidden
	from documents d where coalesce(d.owner, '') in ('', a_user)
	    and d.deleted_at is not null and d.chunks > 0;
	if a_documents is not null then
		nearest := 'select c.id, v.vector <=> q.v as distance
		    from chunks c join vectors_%1$s v
			on v.scope = c.scope and v.digest = c.digest, q
		    where c.document = any ($4) and c.scope = any ($3)
			and v.vector is not null
		    order by distance limit $5';
	else
		if not is_small then
			perform set_config('hnsw.ef_search',
			    least(1000, a_limit + hidden)::text, true),
			    set_config('hnsw.iterative_scan', 'relaxed_order',
			    true);
		end if;
		nearest := 'select c.id, n.distance from (
			select v.scope, v.digest,
			    v.vector <=> (select v from q) as distance
			from vectors_%1$s v
			where v.scope = any ($3) and v.vector is not null
			order by ' || case when is_small then
			    '(v.vector <=> (select v from q)) + 0'
			    else 'v.vector <=> $1::halfvec(%2$s)' end ||
		    ' limit $5) n
		    join chunks c on c.digest = n.digest and c.scope = n.scope';
	end if;
	return query execute format(
	    'with q as materialized (select $1::halfvec(%2$s) as v), hit as (
		select * from (' || nearest || ') near
		union
		select c.id, v.vector <=> q.v from chunks c
		join vectors_%1$s v
		    on v.scope = c.scope and v.digest = c.digest, q
		where c.id = any ($6) and c.scope = any ($3)
		    and v.vector is not null
	    ), chance as (
		select (coalesce(sum(1 - (s.vector <=> q.v)), 0) +
		    10 * $7) / (count(*) + 10) as similarity from q,
		    unnest($3) u (scope), lateral (select v.vector
			from vectors_%1$s v
			where v.scope = u.scope and v.vector is not null
			order by v.scope, v.digest limit 200) s
	    )
	    select h.id, 1 - h.distance, (select similarity from chance)
	    from hit h
	    join chunks c on c.id = h.id
	    join documents d on d.id = c.document
	    where d.deleted_at is null and (d.owner = $2 or d.owner is null)
	    order by h.distance, h.id', a_model, its_size)
	using a_vector, a_user, its_scopes, a_documents,
	    (a_limit + hidden)::integer, a_chunks, its_baseline;
exception when undefined_table then
	-- The model went between two looks; its successor serves.
	return;
end
$$;

-- The model to ask for a question's vector: the newest that is complete, else
-- the wanted one as far as it is. a_others: the end point serves models by
-- name, so that a former one can still be asked.
create function vector_serving(a_name text, a_prefix text, a_asked integer,
    a_others boolean)
returns table (id integer, name text, asked integer, is_complete boolean)
language sql stable as $$
	select m.id, m.name, m.asked, m.is_complete from vector_models m
	where m.dimensions is not null and (a_others or
	    (m.name = a_name and m.prefix = a_prefix and m.asked = a_asked))
	    and (m.is_complete or (m.name = a_name and m.prefix = a_prefix
		and m.asked = a_asked))
	order by m.is_complete desc, m.id desc limit 1
$$;
