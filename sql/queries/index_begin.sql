-- $1 document, $2 text (bytea; null: the original's bytes are the text);
-- the scope, locked for the rest of the transaction
select index_begin($1, $2) as scope
