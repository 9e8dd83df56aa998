-- Runs before the first migration, in its transaction: sets the quickstart's
-- tables aside, so that ours can take their names. Its sessions go, since
-- their tokens stand there in clear.
do $$
declare
	found text;
begin
	if to_regclass('users') is null then
		if to_regclass('sessions') is not null then
			raise exception 'the database has a table "sessions" of another program; give Lectern a database of its own';
		end if;
		return;
	end if;
	if (select count(*) from pg_attribute
	    where attrelid = 'users'::regclass and not attisdropped
	    and attname in ('id', 'email', 'password_hash', 'created_at',
	        'updated_at')) < 5 then
		raise exception 'the database has a table "users" that is not the quickstart''s; give Lectern a database of its own';
	end if;
	select string_agg(its.email, ', ') into found
	from (select lower(btrim(email)) as email from users
	    group by 1 having count(*) > 1 order by 1 limit 5) its;
	if found is not null then
		raise exception 'several accounts have the same e-mail address but for upper case or blanks (%); keep one of each, then migrate again', found;
	end if;
	select string_agg(its.id, ', ') into found
	from (select id::text as id from users where length(id::text) > 36
	    limit 5) its;
	if found is not null then
		raise exception 'accounts have ids of more than 36 characters (%)', found;
	end if;
	drop table if exists sessions;
	for found in select relname from pg_class
	    where oid in (select indexrelid from pg_index
	        where indrelid = 'users'::regclass)
	loop
		execute format('alter index %I rename to %I', found,
		    left('former_' || found, 63));
	end loop;
	alter table users rename to former_users;
end
$$;
