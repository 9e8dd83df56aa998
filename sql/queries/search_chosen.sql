-- $1 user, $2 documents (text[]); of those that the user may see: the ranges
-- of their chunk ids ("first-last,...")
select coalesce(string_agg(c.id || '-' || c.id + d.chunks - 1, ','), '')
    as allowed
from documents d join chunks c on c.document = d.id and c.ordinal = 0
where d.id = any ($2::text[]) and d.deleted_at is null
    and (d.owner = $1 or d.owner is null)
