-- $1 user, $2 conversation asked for: id or client id (or null), $3 whether
-- $2 may become the client id of a new one, $4 id for a new conversation, $5
-- id for the question, $6 id for the answer, $7 question, $8 title for a new
-- conversation, $9 whether a question is answered anew, $10 how many earlier
-- messages are wanted, $11 worker, $12 message that is edited or answered
-- anew, $13 message that the question follows, $14 the client's id of the
-- question, $15 collection: id or name (each or null), $16 answers of the
-- user that may run, $17 questions of a day (0: any number).
select outcome, conversation, client, history, is_first,
    to_json(documents) as documents
from chat_open($1, $2, $3::boolean, $4, $5, $6, $7, $8, $9::boolean,
    $10::integer, $11, $12, $13, $14, $15, $16::integer, $17::integer)
