-- $1 segment, $2 scope, $3 chunks, $4 sum of their lengths, $5 bits of their
-- languages, $6 the first and $7 the last chunk
insert into index_segments (id, scope, chunks, tokens, languages, first_chunk,
    last_chunk)
values ($1::bigint, $2::integer, $3::integer, $4::bigint, $5::integer,
    $6::integer, $7::integer)
