-- $1 rows of each kind at most, $2 days that audit rows are kept (0: for ever)
select removed, is_full from housekeeping($1::integer, $2::integer)
