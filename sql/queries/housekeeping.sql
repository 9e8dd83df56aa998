-- $1 rows of each kind at most; days that are kept (0: for ever): $2 of audit rows and devices, $3 of conversations
select kind, removed
from housekeeping($1::integer, $2::integer, $3::integer)
