-- $1 scope; the segments to join (bigint[]) when nobody else is at it, null:
-- none. The lock is the transaction's.
select case when pg_try_advisory_xact_lock(
    hashtextextended('lectern.merge.' || $1, 0))
    then index_merge_choice($1::integer) end
