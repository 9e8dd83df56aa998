-- $1 user, $2 questions of a day (0: any number), $3 collection: id or name
-- (or null). For an answer of which nothing is stored: outcome null, 'daily'
-- or 'collection', as chat_open() has them; what the collection holds.
select case when $3::text is not null and c.documents is null
    then 'collection'
    when not chat_take($1, $2::integer) then 'daily' end as outcome,
    to_json(c.documents) as documents
from (select collection_documents_of($1, $3) as documents) c
