-- $1 user, $2 collection: its id, $3 whether it is a new one, $4 name (or
-- null), $5 all that it is to hold, as an array (or null), $6 document to be
-- added (or null), $7 removed (or null), $8 collections that a user may have,
-- $9 documents that one may hold. Outcomes are those of collection_put().
select collection_put($1, $2, $3::boolean, $4, $5::text[], $6, $7,
    $8::integer, $9::integer) as outcome
