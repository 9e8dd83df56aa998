-- $1 session id, $2 seconds of its life from now
update sessions
set expires_at = now() + $2::bigint * interval '1 second', updated_at = now()
where id = $1 and expires_at > now()
returning floor(extract(epoch from expires_at) * 1000)::bigint,
          floor(extract(epoch from updated_at) * 1000)::bigint
