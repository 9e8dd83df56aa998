-- no parameters; the version of pgvector that is enabled here and the one that
-- could be (null: none), and whether this role may enable it
select (select extversion from pg_extension where extname = 'vector'),
    (select default_version from pg_available_extensions
	where name = 'vector'),
    (select rolsuper from pg_roles where rolname = current_user)
