-- no parameters. What /metrics tells of the database: sessions, documents in line, mails in line
select
    (select count(*) from sessions where expires_at > now()),
    d.queued, d.processing, d.age, m.waiting, m.age
from (
    select count(*) filter (where status = 'queued') as queued,
           count(*) filter (where status = 'processing') as processing,
           coalesce(extract(epoch from now() - min(updated_at)), 0)::bigint as age
    from documents
    where deleted_at is null and status in ('queued', 'processing')
) d, (
    select count(*) as waiting,
           coalesce(extract(epoch from now() - min(created_at)), 0)::bigint as age
    from outbox where due_at is not null
) m
