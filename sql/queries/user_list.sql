-- No parameters. Every account: e-mail, role, state, day of its sign-up, day of its last sign-in or ""
select u.email, u.role,
       case when u.disabled_at is not null then 'disabled'
            when u.password_hash is null then 'no-password'
            when not u.email_verified then 'unverified'
            else 'verified' end,
       to_char(u.created_at at time zone 'UTC', 'YYYY-MM-DD'),
       coalesce(to_char(max(a.at) at time zone 'UTC', 'YYYY-MM-DD'), '')
from users u
left join audit a on a.user_id = u.id and a.event = 'sign_in'
group by u.id
order by u.email
