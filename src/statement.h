/*
 * The SQL of sql/queries/, compiled in as assets, one enum value a file.
 * The file name without .sql is the lower-case of the name here.
 */
#ifndef LECTERN_STATEMENT_H
#define LECTERN_STATEMENT_H

#define STATEMENT_LIST(X)						\
	X(ACCOUNT_CREATE, account_create)				\
	X(ACCOUNT_BY_EMAIL, account_by_email)				\
	X(SESSION_CREATE, session_create)				\
	X(SESSION_FIND, session_find)					\
	X(SESSION_REFRESH, session_refresh)				\
	X(SESSION_DELETE, session_delete)				\
	X(DOCUMENT_CREATE, document_create)				\
	X(DOCUMENT_LIST, document_list)					\
	X(DOCUMENT_GET, document_get)					\
	X(DOCUMENT_TEXT, document_text)					\
	X(DOCUMENT_ORIGINAL, document_original)				\
	X(DOCUMENT_DELETE, document_delete)				\
	X(INDEX_CLAIM, index_claim)					\
	X(INDEX_OPEN, index_open)					\
	X(INDEX_BEGIN, index_begin)					\
	X(INDEX_ADD, index_add)						\
	X(INDEX_FINISH, index_finish)					\
	X(INDEX_FAIL, index_fail)					\
	X(INDEX_RETRY, index_retry)					\
	X(INDEX_CLEAN, index_clean)					\
	X(INGEST_OWNER, ingest_owner)					\
	X(INGEST_WAITING, ingest_waiting)				\
	X(INGEST_FAILED, ingest_failed)					\
	X(SEARCH_LEXICAL, search_lexical)				\
	X(CHAT_OPEN, chat_open)						\
	X(CHAT_CHECK, chat_check)					\
	X(CHAT_CLOSE, chat_close)					\
	X(CHAT_RUNNING, chat_running)					\
	X(CONVERSATION_LIST, conversation_list)				\
	X(CONVERSATION_GET, conversation_get)				\
	X(CONVERSATION_DELETE, conversation_delete)			\
	X(CONVERSATION_RENAME, conversation_rename)			\
	X(SCHEMA_VERSION, schema_version)

enum statement {
#define STATEMENT_ENUM(name, file)	STATEMENT_##name,
	STATEMENT_LIST(STATEMENT_ENUM)
#undef STATEMENT_ENUM
	STATEMENT_COUNT
};

/* The statement's text and its file's name without ".sql"; never NULL. */
const char	*statement_sql(enum statement);
const char	*statement_name(enum statement);
/*
 * 1 for the few that most requests need and that a plan made once serves
 * well: db.c prepares them.
 */
int		 statement_is_hot(enum statement);

#endif
