-- Housekeeping also removes old challenges and trusted devices, dead API keys
-- and, when asked to, old conversations; and it tells what it has removed.

create index conversations_updated_at_idx on conversations (updated_at);
create index api_keys_expires_at_idx on api_keys (expires_at)
    where expires_at is not null;

drop function housekeeping(integer, integer);

-- Removes what nobody needs any more: up to a_batch rows of each kind, by one
-- instance at a time (no row comes back: it is another's turn). Expired links
-- are kept a day, so that who follows one is told why it does not work, and
-- API keys thirty, so that their owner sees what became of them. Days: 0 is
-- for ever. A kind whose `removed` is a_batch may have more: call again.
create function housekeeping(a_batch integer, a_audit_days integer,
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
	    ('conversations', 'updated_at <= $3')
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
