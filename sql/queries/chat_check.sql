-- $1 user, $2 citations as a JSON array. Which of them hold now: the bytes
-- start..end of the document's stored text have the hash, and the user may
-- see the document. One row each: its index in the array.
select c.n - 1 as index
from jsonb_array_elements($2::jsonb) with ordinality c (item, n)
join documents d on d.id = c.item ->> 'documentId'
    and d.deleted_at is null and (d.owner = $1 or d.owner is null)
join texts t on t.document = d.id
where encode(sha256(substring(t.bytes from (c.item ->> 'start')::integer + 1
    for (c.item ->> 'end')::integer - (c.item ->> 'start')::integer)), 'hex')
    = c.item ->> 'sha256'
order by c.n
