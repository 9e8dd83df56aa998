-- $1 documents of a claim (text[]), $2 its lease, $3 those of them that are held (text[]); the others
-- may be claimed again at once. How many could not be given back, for somebody had them locked
with given as (
    update index_jobs set due_at = now(), lease = null, attempts = attempts - 1
    where document in (
        select document from index_jobs
        where document = any ($1) and document <> all ($3) and lease = $2
        for no key update skip locked)
    returning document
)
select (select count(*) from index_jobs
        where document = any ($1) and document <> all ($3) and lease = $2)
    - (select count(*) from given)
