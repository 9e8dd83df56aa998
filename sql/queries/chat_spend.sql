-- $1 user, $2 tokens in, $3 tokens out: of an answer that is stored nowhere.
select chat_spend($1, $2::bigint, $3::bigint)
