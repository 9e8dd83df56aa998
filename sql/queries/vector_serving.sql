-- $1 wanted model, $2 its prefix, $3 dimensions asked for, $4 whether others
-- can be asked; the model that serves, or no row
select id, name, asked, is_complete
from vector_serving($1, $2, $3::integer, $4)
