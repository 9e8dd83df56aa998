-- $1 user, $2 conversation asked for: id or client id (or null), $3 whether
-- $2 may become the client id of a new one, $4 id for a new conversation, $5
-- id for the question, $6 id for the answer, $7 question, $8 title for a new
-- conversation, $9 whether the newest question is asked again, $10 how many
-- earlier messages are wanted.
select outcome, conversation, client, history
from chat_open($1, $2, $3::boolean, $4, $5, $6, $7, $8, $9::boolean,
    $10::integer)
