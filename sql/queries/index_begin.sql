-- $1 documents (text[]) that are read: takes what the index holds of them out
select index_forget($1)
