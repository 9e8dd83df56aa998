-- $1 segment, $2 term, $3 from this first chunk on; blocks, 200 at most
select i.first_chunk, i.bytes from index_blocks i
where i.segment = $1::bigint and i.term = $2::bigint
    and i.first_chunk >= $3::integer
order by i.first_chunk limit 200
