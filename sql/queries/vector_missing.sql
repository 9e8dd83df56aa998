-- $1 model, $2 lease, $3 how many at most; texts without vectors
select scope, digest, content
from vector_missing($1::integer, $2, $3::integer)
