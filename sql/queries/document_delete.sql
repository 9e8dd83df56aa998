-- $1 document, $2 user, $3 whether an administrator; no row: there is none
-- that the user sees; false: only an administrator may
select outcome = 'deleted' as is_deleted
from document_drop($1, $2, $3::boolean) where outcome is not null
