-- $1 documents (text[]); keeps others from replacing them until the end of
-- the transaction, but for those that somebody is about to replace
select d.id from documents d
where d.id = any ($1) order by d.id for no key update skip locked
