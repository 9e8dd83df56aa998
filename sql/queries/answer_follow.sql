-- $1 what is followed, a JSON array of {id, seq, user}: an answer, the last
-- batch of it that is known, and whose it is. The batches since (status
-- null), or, when it is over, all of it (seq null).
with asked as materialized (
	select * from jsonb_to_recordset($1::jsonb)
	    as f(id text, seq integer, "user" text)
)
select f.id, l.seq, l.text, l.sources as citations, null as status,
    null as error, null as model, null as usage
from asked f
join answers a on a.message_id = f.id and a.user_id = f."user"
join answer_log l on l.message_id = f.id and l.seq > f.seq
union all
select f.id, null, coalesce(m.text, ''), coalesce(m.citations, '[]'),
    coalesce(m.status, 'stopped'), m.error, m.model, m.usage
from asked f
left join (messages m join conversations c on c.id = m.conversation_id)
    on m.id = f.id and c.user_id = f."user"
where m.id is null or m.status <> 'running'
order by 1, 2 nulls last
