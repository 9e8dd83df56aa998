-- $1 how many texts at most; how many were looked at
select vector_forget($1::integer)
