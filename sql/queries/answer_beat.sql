-- $1 worker, $2 what its answers have told since the last time, a JSON array
-- of {id, seq, sources, text}, $3 the ids of all its answers, a JSON array.
-- The worker lives; of its answers come those to be stopped: it was asked
-- for, or their conversation is gone. One that others broke off, thinking
-- that the worker was dead, goes on. One that stands here as the worker's and
-- is not (it was given up, or its opening was not heard of) is given to nobody,
-- so that it is broken off; a minute is longer than any statement may be.
with beat as (
	insert into answer_workers (id, beat_at)
	values ($1, clock_timestamp())
	on conflict (id) do update set beat_at = excluded.beat_at
), told as (
	insert into answer_log (message_id, seq, sources, text)
	select t.id, t.seq, t.sources, t.text
	from jsonb_to_recordset($2::jsonb)
	    as t(id text, seq integer, sources jsonb, text text)
	join answers a on a.message_id = t.id and a.worker = $1
	-- One that is being closed at this moment needs no log any more.
	for key share of a skip locked
	on conflict do nothing
), astray as (
	update answers set worker = '' where message_id = any (array(
	    select a.message_id
	    from answers a join messages m on m.id = a.message_id
	    where a.worker = $1
		and m.created_at < clock_timestamp() - interval '1 minute'
		and not $3::jsonb ? a.message_id
	    for no key update of a skip locked))
)
select r.id
from jsonb_array_elements_text($3::jsonb) r(id)
left join answers a on a.message_id = r.id
left join messages m on m.id = r.id
where a.is_stop_asked or m.id is null
