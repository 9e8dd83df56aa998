-- $1 hash of the token: one row while it is good
select t.user_id from mail_tokens t
join users u on u.id = t.user_id
where t.hash = $1 and t.purpose = 'reset' and t.expires_at > now()
  and u.disabled_at is null
