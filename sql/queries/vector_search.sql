-- $1 model, $2 user, $3 the question's vector, $4 documents to look in (text[],
-- null: all that the user may see), $5 how many, $6 chunks to look at besides
select chunk, similarity, background
from vector_search($1::integer, $2, $3, $4, $5::integer, $6)
