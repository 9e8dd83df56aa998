-- What is put off while the clock is ahead would wait until it gets there
-- again, once it has been set back. So whoever claims and finds nothing due
-- looks for what is put off for longer than anything ever is, and takes that.

-- The previous functions, which know nothing of this, are called by the new
-- (but the last one, which names itself).
alter function index_claim(integer, bigint) rename to index_claim_due;
alter function vector_claim(integer, integer) rename to vector_claim_due;

-- A document that failed is tried again after half a minute, and one that was
-- deleted is purged a day later, which is no matter.
create function index_claim(a_many integer, a_bytes bigint,
    out a_documents text[], out a_lease uuid, out a_wait_ms bigint)
language plpgsql set enable_seqscan = off as $$
begin
	select * into a_documents, a_lease, a_wait_ms
	from index_claim_due(a_many, a_bytes);
	if a_documents is not null then
		return;
	end if;
	update index_jobs set due_at = now()
	where document in (
		select j.document
		from index_jobs j join documents d on d.id = j.document
		where j.due_at > now() + interval '10 min'
		    and d.deleted_at is null
		for no key update of j skip locked);
	if found then
		select * into a_documents, a_lease, a_wait_ms
		from index_claim_due(a_many, a_bytes);
	end if;
end
$$;

-- Five minutes are the longest that an end point may ask for.
create function vector_claim(a_model integer, a_many integer,
    out a_lease uuid, out a_wait_ms bigint)
language plpgsql as $$
begin
	select * into a_lease, a_wait_ms
	from vector_claim_due(a_model, a_many);
	if a_lease is not null then
		return;
	end if;
	update vector_jobs j set due_at = now()
	from (
		select document from vector_jobs
		where model = a_model
		    and due_at > now() + interval '10 min'
		for no key update skip locked
	) late
	where j.model = a_model and j.document = late.document;
	if found then
		select * into a_lease, a_wait_ms
		from vector_claim_due(a_model, a_many);
	end if;
end
$$;

-- Two hours are the longest between two attempts at a mail.
create or replace function outbox_claim(out wait_ms bigint, out id text,
    out recipient text, out sealed bytea)
language plpgsql as $$
begin
	update outbox o
	set due_at = now() + interval '1 minute', attempts = attempts + 1
	where o.id = (select w.id from outbox w
	    where w.due_at <= now() or w.due_at > now() + interval '3 hours'
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
