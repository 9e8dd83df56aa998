-- $1 key, $2 milliseconds that one request takes, $3 seconds of the window. 0, or in how many seconds to come again
select limit_take($1, $2::integer, $3::integer)
