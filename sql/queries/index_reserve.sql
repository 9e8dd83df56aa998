-- $1 how many chunk ids; the first of them
select index_reserve($1::integer)
