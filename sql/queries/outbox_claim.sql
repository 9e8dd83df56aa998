-- no parameters. One mail that is due, or how many milliseconds to wait; and how many mails wait
select wait_ms, id, recipient, sealed,
       (select count(*) from outbox where due_at is not null)
from outbox_claim()
