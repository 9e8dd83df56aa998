-- Runs after the first migration, in its transaction: fills our tables from
-- the quickstart's that were set aside, or from better-auth's beside them,
-- which stay as they are. Columns that the quickstart's users had beyond its
-- own are kept, and other tables go on referring to the same people.
set local timezone = 'UTC';

do $$
declare
	its record;
	kept text := '';
begin
	if to_regclass('former_users') is null then
		return;
	end if;
	for its in select attname, format_type(atttypid, atttypmod) as type
	    from pg_attribute f
	    where attrelid = 'former_users'::regclass and attnum > 0
	    and not attisdropped and not exists (select from pg_attribute
	        where attrelid = 'users'::regclass and attname = f.attname)
	loop
		execute format('alter table users add column %I %s', its.attname,
		    its.type);
		kept := kept || format(', %I', its.attname);
	end loop;
	execute format('insert into users (id, email, password_hash,
	    created_at, updated_at%1$s)
	    select id::text, lower(btrim(email)), password_hash,
	        created_at::timestamptz, updated_at::timestamptz%1$s
	    from former_users', kept);
	for its in select conname, conrelid::regclass::text as its_table,
	        replace(pg_get_constraintdef(oid), 'former_users', 'users') as rule
	    from pg_constraint
	    where confrelid = 'former_users'::regclass and contype = 'f'
	loop
		execute format('alter table %s drop constraint %I', its.its_table,
		    its.conname);
		execute format('alter table %s add constraint %I %s',
		    its.its_table, its.conname, its.rule);
	end loop;
	drop table former_users;
end
$$;
