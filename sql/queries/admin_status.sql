-- $1 administrator, $2 ADMIN_EMAIL or null. What the database says of itself
-- and of what waits in it; no row for anybody who is no administrator
select (select max(version) from schema_migrations),
    current_setting('server_version'),
    (select extversion from pg_extension where extname = 'vector'),
    (select default_version from pg_available_extensions
        where name = 'vector'),
    (select rolsuper from pg_roles where rolname = current_user),
    (select count(*) from documents
        where deleted_at is null and status = 'queued'),
    (select count(*) from documents
        where deleted_at is null and status = 'processing'),
    (select count(*) from outbox where due_at is not null)
where is_administrator($1, $2)
