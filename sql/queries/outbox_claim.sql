-- no parameters. One mail that is due, or how many milliseconds to wait
select wait_ms, id, recipient, sealed from outbox_claim()
