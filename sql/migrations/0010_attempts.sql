-- Attempts at one account at the same moment: one that waited for another's
-- row had a clock older than that row, and was sent away although no pause was
-- due. Where there is no pause, no clock is asked.
create or replace function attempt_take(a_key text, a_email text,
    a_session text, a_device text, out wait integer, out its_key text)
language plpgsql as $$
declare
	pause interval;
	seen timestamptz;
begin
	its_key := a_key;
	if exists (select from sessions s join users u on u.id = s.user_id
	    where s.session_token = a_session and u.email = a_email)
	    or exists (select from devices d join users u on u.id = d.user_id
	    where d.device = a_device and u.email = a_email) then
		its_key := a_key || ' ' || a_device;
	end if;
	insert into attempts as a (key, failures, last_at)
	values (its_key, 1, now())
	on conflict (key) do update
	set failures = case when a.last_at < now() - interval '1 hour' then 1
	        else a.failures + 1 end,
	    last_at = greatest(a.last_at, now())
	where attempt_pause(a.failures) = interval '0'
	    or a.last_at + attempt_pause(a.failures) <= now();
	wait := 0;
	if not found then
		select last_at, attempt_pause(failures) into seen, pause
		from attempts where key = its_key;
		wait := greatest(ceil(extract(epoch from
		    coalesce(seen + pause - now(), interval '1 second'))), 1);
	end if;
end
$$;
