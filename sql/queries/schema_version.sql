-- no parameters; the newest migration that the database has seen
select coalesce(max(version), 0)::integer as version from schema_migrations
