/*
 * The SQL of sql/queries/, compiled in as assets, one enum value a file.
 * The file name without .sql is the lower-case of the name here.
 */
#ifndef LECTERN_STATEMENT_H
#define LECTERN_STATEMENT_H

#define STATEMENT_LIST(X)						\
	X(ACCOUNT_CREATE, account_create)				\
	X(ACCOUNT_BY_EMAIL, account_by_email)				\
	X(ATTEMPT_TAKE, attempt_take)					\
	X(ATTEMPT_UNVERIFIED, attempt_unverified)			\
	X(LIMIT_TAKE, limit_take)					\
	X(HOUSEKEEPING, housekeeping)					\
	X(SIGN_IN_FAILED, sign_in_failed)				\
	X(SESSION_CREATE, session_create)				\
	X(SESSION_FIND, session_find)					\
	X(SESSION_REFRESH, session_refresh)				\
	X(SESSION_DELETE, session_delete)				\
	X(SESSION_LIST, session_list)					\
	X(SESSION_REVOKE, session_revoke)				\
	X(SESSION_REVOKE_ALL, session_revoke_all)			\
	X(APIKEY_FIND, apikey_find)					\
	X(APIKEY_CREATE, apikey_create)					\
	X(APIKEY_LIST, apikey_list)					\
	X(APIKEY_DELETE, apikey_delete)					\
	X(EXPORT_ACCOUNT, export_account)				\
	X(EXPORT_CONVERSATION, export_conversation)			\
	X(EXPORT_DOCUMENT, export_document)				\
	X(EXPORT_BYTES, export_bytes)					\
	X(PROFILE_UPDATE, profile_update)				\
	X(PROFILE_GET, profile_get)					\
	X(PROFILE_DELETE, profile_delete)				\
	X(CREDENTIAL_CHANGE, credential_change)				\
	X(VERIFICATION_ASK, verification_ask)				\
	X(VERIFICATION_CONFIRM, verification_confirm)			\
	X(VERIFICATION_USER, verification_user)				\
	X(EMAIL_CHANGE_ASK, email_change_ask)				\
	X(RESET_ASK, reset_ask)						\
	X(RESET_FIND, reset_find)					\
	X(RESET_PASSWORD, reset_password)				\
	X(TWO_FACTOR_GET, two_factor_get)				\
	X(TWO_FACTOR_SET_UP, two_factor_set_up)				\
	X(TWO_FACTOR_CODES, two_factor_codes)				\
	X(TWO_FACTOR_CONFIRM, two_factor_confirm)			\
	X(TWO_FACTOR_DISABLE, two_factor_disable)			\
	X(TWO_FACTOR_CHALLENGE, two_factor_challenge)			\
	X(TWO_FACTOR_TRY, two_factor_try)				\
	X(TWO_FACTOR_FAILED, two_factor_failed)				\
	X(TWO_FACTOR_USE, two_factor_use)				\
	X(TWO_FACTOR_PASS, two_factor_pass)				\
	X(VECTOR_BASELINE, vector_baseline)				\
	X(VECTOR_CLAIM, vector_claim)					\
	X(VECTOR_DONE, vector_done)					\
	X(VECTOR_EXTENSION, vector_extension)				\
	X(VECTOR_FORGET, vector_forget)					\
	X(VECTOR_INDEX, vector_index)					\
	X(VECTOR_MISSING, vector_missing)				\
	X(VECTOR_OPEN, vector_open)					\
	X(VECTOR_RELEASE, vector_release)				\
	X(VECTOR_SEARCH, vector_search)					\
	X(VECTOR_SERVING, vector_serving)				\
	X(VECTOR_SETTLE, vector_settle)					\
	X(VECTOR_STORE, vector_store)					\
	X(OUTBOX_CLAIM, outbox_claim)					\
	X(OUTBOX_SETTLE, outbox_settle)					\
	X(DOCUMENT_CREATE, document_create)				\
	X(DOCUMENT_LIST, document_list)					\
	X(DOCUMENT_GET, document_get)					\
	X(DOCUMENT_BYTES, document_bytes)				\
	X(DOCUMENT_UPLOAD, document_upload)				\
	X(DOCUMENT_LIST_BY, document_list_by)				\
	X(DOCUMENT_RENAME, document_rename)				\
	X(DOCUMENT_RETRY, document_retry)				\
	X(DOCUMENT_RESTORE, document_restore)				\
	X(DOCUMENT_DELETE, document_delete)				\
	X(INDEX_CLAIM, index_claim)					\
	X(INDEX_OPEN, index_open)					\
	X(INDEX_BEGIN, index_begin)					\
	X(INDEX_HOLD, index_hold)					\
	X(INDEX_TEXT, index_text)					\
	X(INDEX_RESERVE, index_reserve)					\
	X(INDEX_SEGMENT, index_segment)					\
	X(INDEX_SEGMENT_ID, index_segment_id)				\
	X(INDEX_FINISH, index_finish)					\
	X(INDEX_FAIL, index_fail)					\
	X(INDEX_RELEASE, index_release)					\
	X(INDEX_RETRY, index_retry)					\
	X(INDEX_CLEAN, index_clean)					\
	X(MERGE_CHOICE, merge_choice)					\
	X(MERGE_DEAD, merge_dead)					\
	X(MERGE_OPEN, merge_open)					\
	X(MERGE_BLOCKS, merge_blocks)					\
	X(MERGE_FINISH, merge_finish)					\
	X(INGEST_LOCK, ingest_lock)					\
	X(INGEST_PUT, ingest_put)					\
	X(INGEST_OWNER, ingest_owner)					\
	X(INGEST_WAITING, ingest_waiting)				\
	X(INGEST_FAILED, ingest_failed)					\
	X(SEARCH_SCOPE, search_scope)					\
	X(SEARCH_CHOSEN, search_chosen)					\
	X(SEARCH_TERMS, search_terms)					\
	X(SEARCH_HEADS, search_heads)					\
	X(SUGGESTION_LIST, suggestion_list)				\
	X(SEARCH_BLOCKS, search_blocks)					\
	X(SEARCH_PASSAGES, search_passages)				\
	X(PASSAGES_JOIN, passages_join)					\
	X(PASSAGES_WHOLE, passages_whole)				\
	X(CHAT_OPEN, chat_open)						\
	X(CHAT_CHECK, chat_check)					\
	X(CHAT_CLOSE, chat_close)					\
	X(CHAT_TAKE, chat_take)						\
	X(CHAT_SPEND, chat_spend)					\
	X(CHAT_STOP, chat_stop)						\
	X(ANSWER_FIND, answer_find)					\
	X(ANSWER_BEAT, answer_beat)					\
	X(ANSWER_FOLLOW, answer_follow)					\
	X(ANSWER_BREAK_OFF, answer_break_off)				\
	X(TITLE_SET, title_set)						\
	X(MODEL_LIST, model_list)					\
	X(OPS_FIGURES, ops_figures)					\
	X(CONVERSATION_LIST, conversation_list)				\
	X(CONVERSATION_FIND, conversation_find)				\
	X(CONVERSATION_PART, conversation_part)				\
	X(FEEDBACK_PUT, feedback_put)					\
	X(COLLECTION_LIST, collection_list)				\
	X(COLLECTION_GET, collection_get)				\
	X(COLLECTION_PUT, collection_put)				\
	X(COLLECTION_DELETE, collection_delete)				\
	X(COLLECTION_DOCUMENTS, collection_documents)			\
	X(CONVERSATION_GET, conversation_get)				\
	X(CONVERSATION_DELETE, conversation_delete)			\
	X(CONVERSATION_RENAME, conversation_rename)			\
	X(USER_LIST, user_list)						\
	X(USER_ADD, user_add)						\
	X(USER_LINK, user_link)						\
	X(USER_ADMIN, user_admin)					\
	X(USER_DISABLE, user_disable)					\
	X(USER_ENABLE, user_enable)					\
	X(USER_IMPORT, user_import)					\
	X(ADMIN_USERS, admin_users)					\
	X(ADMIN_USER, admin_user)					\
	X(ADMIN_USER_ADD, admin_user_add)				\
	X(ADMIN_USER_CHANGE, admin_user_change)				\
	X(ADMIN_USER_DELETE, admin_user_delete)				\
	X(ADMIN_USER_LINK, admin_user_link)				\
	X(ADMIN_USER_SIGN_OUT, admin_user_sign_out)			\
	X(ADMIN_AUDIT, admin_audit)					\
	X(ADMIN_USAGE, admin_usage)					\
	X(ADMIN_STATUS, admin_status)					\
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
/* 1 for those that bring much of bytea: as it is, not as text of it. */
int		 statement_is_binary(enum statement);

#endif
