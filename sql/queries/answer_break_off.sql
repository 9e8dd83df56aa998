-- $1 conversation (or null: of all). Closes answers that nobody writes any
-- more; their number.
select answer_break_off($1)
