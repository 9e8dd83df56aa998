-- $1 id, $2 sent, later or refused, $3 reason. Backs off from seconds to hours, for two days
update outbox
set due_at = case
        when $2 <> 'later' or created_at < now() - interval '2 days' then null
        else now() + least(power(2, attempts), 7200) * interval '1 second'
    end,
    sent_at = case when $2 = 'sent' then now() end,
    reason = case when $2 = 'sent' then null else $3 end,
    sealed = case
        when $2 = 'later' and created_at >= now() - interval '2 days'
        then sealed else '' end
where id = $1
