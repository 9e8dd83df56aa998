-- What a person does with documents besides adding them: renaming, having one
-- read again, deleting and taking that back, and how much may be stored.
--
-- Each function below answers with an outcome and, where there is a document
-- to show, its card. No outcome: there is no such document that the user sees.

-- Not compressed, so that a slice is read without the rest.
alter table originals alter column bytes set storage external;

alter table documents add column is_renamed boolean not null default false;
comment on column documents.is_renamed is 'Its title was given by a person: it stays when other bytes replace the document.';

create index documents_usage_idx on documents (coalesce(owner, ''))
    include (owner, size) where deleted_at is null;

-- Held, until the end of a transaction, by whoever changes what an owner
-- stores; the same as document_put()'s.
create function document_lock(a_owner text) returns void
language sql as $$
	select pg_advisory_xact_lock(
	    hashtextextended('lectern.upload.' || coalesce(a_owner, ''), 0))
$$;

-- Bytes as uploaded of an owner's documents. Deleted ones are not counted
-- here; document_trim() bounds what they take.
create function document_usage(a_owner text) returns bigint
language sql stable as $$
	select coalesce(sum(size), 0)::bigint from documents
	where coalesce(owner, '') = coalesce(a_owner, '')
	    and deleted_at is null
$$;

-- How many bytes the database takes, and will when what waits has been read:
-- a text costs itself and an index of one and a half times its size, while
-- segments are being joined. That is what its host counts, index and
-- conversations included, and the files' sizes are cheap to ask. Files hardly
-- shrink: once the limit is passed, what deletions have left free in the
-- tables of documents' bytes is looked for and taken off (not what they have
-- left in the index).
create function storage_usage(a_limit bigint) returns bigint
language plpgsql stable as $$
declare
	used bigint := pg_database_size(current_database());
	its_table text;
	live bigint;
begin
	used := used + (select coalesce(sum(size) * 3 / 2, 0)
	    from documents join index_jobs on document = id
	    where deleted_at is null and status in ('queued', 'processing'));
	if used <= a_limit then
		return used;
	end if;
	foreach its_table in array array['texts', 'originals'] loop
		-- A row's own cost and the pages' head are allowed for.
		execute format('select coalesce(sum(octet_length(bytes)) * 1.05,
		    0)::bigint + count(*) * 128 from %I', its_table) into live;
		used := used - greatest(0, pg_table_size(its_table) - live);
	end loop;
	return used;
end
$$;

-- What an owner has deleted can be restored up to his quota, the latest
-- first; the rest is purged now. Or uploading and deleting in turns would be a
-- way around the quota.
create function document_trim(a_owner text, a_quota bigint) returns void
language sql as $$
	with gone as (
		select id, sum(size) over (order by deleted_at desc, id) as bytes
		from documents
		where owner = a_owner
		    and deleted_at > now() - interval '1 day'
	), ended as (
		update documents d set deleted_at = now() - interval '1 day'
		from gone g where d.id = g.id and g.bytes > a_quota
		returning d.id
	)
	insert into index_jobs (document) select id from ended
	on conflict (document) do update set due_at = now(), lease = null,
	    attempts = 0, reason = null
$$;

-- An upload by a person: document_put() within the total. Outcomes: its own,
-- or full (nothing stored); usage: bytes in use, when one of the limits is
-- passed. a_total: of the database, 0 for none.
create function document_upload(a_owner text, a_filename text, a_title text,
    a_media_type text, a_bytes bytea, a_quota bigint, a_coming bigint,
    a_total bigint, out outcome text, out card document_cards,
    out usage bigint)
language plpgsql as $$
declare
	put record;
	-- What a text costs: itself and its index, see storage_usage().
	cost constant bigint := a_coming * 5 / 2;
	new_sha256 text;
	kept_title text;
begin
	if a_total > 0 then
		-- One at a time, or all would find the same room.
		perform pg_advisory_xact_lock(
		    hashtextextended('lectern.storage', 0));
		usage := storage_usage(a_total - cost);
		new_sha256 := encode(sha256(a_bytes), 'hex');
		if usage + cost > a_total and (not exists (
		    select from documents
		    where coalesce(owner, '') = coalesce(a_owner, '')
			and deleted_at is null and sha256 = new_sha256)
		    or exists (select from documents
		    where coalesce(owner, '') = coalesce(a_owner, '')
			and deleted_at is null and filename = a_filename
			and sha256 <> new_sha256)) then
			outcome := 'full';
			return;
		end if;
	end if;

	perform document_lock(a_owner);
	select title into kept_title from documents
	where coalesce(owner, '') = coalesce(a_owner, '')
	    and deleted_at is null and filename = a_filename and is_renamed;
	select * into put
	from document_put(a_owner, a_filename, null,
	    coalesce(kept_title, a_title), a_media_type, a_bytes, a_quota,
	    a_coming);
	outcome := put.outcome;
	card := put.card;
	if outcome = 'quota' then
		usage := document_usage(a_owner);
	elsif outcome <> 'same' and a_quota > 0 then
		perform document_trim(a_owner, a_quota);
	end if;
end
$$;

-- Has a document read (again). What its index holds serves until then.
create function document_queue(a_document text) returns void
language sql as $$
	update documents set status = 'queued', error = null
	where id = a_document;
	insert into index_jobs (document) values (a_document)
	on conflict (document) do update set due_at = now(), lease = null,
	    attempts = 0, reason = null
$$;

-- Locks a document that the user may change, in the order of an upload:
-- its owner, then itself. Outcome found, forbidden or null.
create function document_take(a_document text, a_user text,
    a_is_admin boolean, a_is_deleted boolean, out outcome text,
    out found_one documents)
language plpgsql as $$
begin
	select * into found_one from documents
	where id = a_document and (owner = a_user or owner is null)
	    and (deleted_at is not null) = a_is_deleted;
	if found_one.id is null then
		return;
	end if;
	if found_one.owner is null and not a_is_admin then
		outcome := 'forbidden';
		return;
	end if;
	perform document_lock(found_one.owner);
	select * into found_one from documents
	where id = a_document and (deleted_at is not null) = a_is_deleted
	for no key update;
	if found_one.id is not null then
		outcome := 'found';
	end if;
end
$$;

-- A new title, a new file name, or both (null: as it is). The title is
-- indexed with each passage, so that a new one has the document read again.
-- Outcomes: renamed, taken (another document has that file name), forbidden.
create function document_rename(a_document text, a_user text,
    a_is_admin boolean, a_title text, a_filename text, out outcome text,
    out card document_cards)
language plpgsql as $$
declare
	taken record;
	old documents;
begin
	select * into taken
	from document_take(a_document, a_user, a_is_admin, false);
	outcome := taken.outcome;
	old := taken.found_one;
	if outcome is distinct from 'found' then
		return;
	end if;
	if exists (select from documents
	    where coalesce(owner, '') = coalesce(old.owner, '')
		and deleted_at is null and filename = a_filename
		and id <> old.id) then
		outcome := 'taken';
		return;
	end if;

	outcome := 'renamed';
	update documents set title = coalesce(a_title, title),
	    filename = coalesce(a_filename, filename),
	    is_renamed = is_renamed or a_title is not null, updated_at = now()
	where id = old.id;
	if a_title <> old.title and old.status <> 'failed' then
		perform document_queue(old.id);
	end if;
	select * into card from document_cards where id = old.id;
end
$$;

-- Has a document that could not be read tried again; any other stays as it
-- is. Outcomes: queued, same, forbidden.
create function document_retry(a_document text, a_user text,
    a_is_admin boolean, out outcome text, out card document_cards)
language plpgsql as $$
declare
	taken record;
	old documents;
begin
	select * into taken
	from document_take(a_document, a_user, a_is_admin, false);
	outcome := taken.outcome;
	old := taken.found_one;
	if outcome is distinct from 'found' then
		return;
	end if;
	outcome := 'same';
	if old.status = 'failed' then
		outcome := 'queued';
		perform document_queue(old.id);
	end if;
	select * into card from document_cards where id = old.id;
end
$$;

-- Deletes a document: gone from every read at once, out of the index soon,
-- purged after a day. Outcomes: deleted, forbidden.
create function document_drop(a_document text, a_user text,
    a_is_admin boolean, out outcome text)
language plpgsql as $$
declare
	taken record;
begin
	select * into taken
	from document_take(a_document, a_user, a_is_admin, false);
	outcome := taken.outcome;
	if outcome is distinct from 'found' then
		return;
	end if;

	outcome := 'deleted';
	update documents set deleted_at = now() where id = a_document;
	insert into index_jobs (document) values (a_document)
	on conflict (document) do update set due_at = now(), lease = null,
	    attempts = 0, reason = null;
end
$$;

-- Takes a deletion back, within a day. The document is listed at once and
-- found when it has been read. Outcomes: restored, quota, taken (its name has
-- gone to another), forbidden; usage: bytes in use, when over the quota.
create function document_restore(a_document text, a_user text,
    a_is_admin boolean, a_quota bigint, out outcome text,
    out card document_cards, out usage bigint)
language plpgsql as $$
declare
	taken record;
	old documents;
begin
	-- Nobody sees a deleted document of the library, so that others than
	-- administrators hear that there is none.
	select * into taken
	from document_take(a_document, a_user, a_is_admin, true);
	outcome := taken.outcome;
	old := taken.found_one;
	if outcome is distinct from 'found' or
	    old.deleted_at <= now() - interval '1 day' then
		outcome := null;
		return;
	end if;
	if exists (select from documents
	    where coalesce(owner, '') = coalesce(old.owner, '')
		and deleted_at is null and (filename = old.filename
		or external_id = old.external_id)) then
		outcome := 'taken';
		return;
	end if;
	if old.owner is not null and a_quota > 0 then
		usage := document_usage(old.owner);
		if usage + old.size > a_quota then
			outcome := 'quota';
			return;
		end if;
	end if;

	outcome := 'restored';
	update documents set deleted_at = null where id = old.id;
	if old.status = 'failed' then
		delete from index_jobs where document = old.id;
	else
		perform document_queue(old.id);
	end if;
	select * into card from document_cards where id = old.id;
end
$$;

-- What a list is sorted by, as text that compares by its bytes. Titles are
-- compared without case and accents.
create function document_sort_key(a_sort text, a_title text, a_size bigint,
    a_created timestamptz, a_updated timestamptz) returns text
language sql stable parallel safe as $$
	select case a_sort
	    when 'title' then encode(convert_to(left(
		case when octet_length(a_title) = length(a_title)
		then lower(a_title)
		else regexp_replace(normalize(lower(a_title), NFKD),
		    '[\u0300-\u036f]', '', 'g') end, 40), 'UTF8'), 'hex')
	    when 'size' then lpad(a_size::text, 18, '0')
	    when 'updatedAt' then lpad((extract(epoch from a_updated)
		* 1000000)::bigint::text, 18, '0')
	    else lpad((extract(epoch from a_created)
		* 1000000)::bigint::text, 18, '0') end
$$;
