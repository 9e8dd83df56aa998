/*
 * Every refusal and failure that Lectern tells a client, in one table.
 *
 * A handler names an error (request_fail(r, ERROR_NOT_FOUND)); reply.c gives
 * it the dress of the route: ours, better-auth's, OpenAI's or a page. Codes
 * and messages of the account routes are better-auth's, byte for byte.
 */
#ifndef LECTERN_ERROR_H
#define LECTERN_ERROR_H

#include <stddef.h>

/*  X(name, status, code, message); a NULL code is left out of the body */
#define ERROR_LIST(X)							\
	X(NONE, 200, NULL, "")						\
	/* the request itself */					\
	X(BAD_REQUEST, 400, "BAD_REQUEST", "The request is malformed")	\
	X(BAD_JSON, 400, "BAD_REQUEST", "Invalid JSON in request body")	\
	X(VALIDATION, 400, "VALIDATION_ERROR", "Invalid input")		\
	X(BAD_TEXT, 400, "VALIDATION_ERROR",				\
	    "The text is not valid UTF-8 or holds a NUL character")	\
	X(BAD_RANGE, 416, "RANGE_NOT_SATISFIABLE",			\
	    "The requested range lies outside the text")		\
	X(CREDENTIALS_IN_URL, 400, "CREDENTIALS_IN_URL",		\
	    "Send credentials in the body; an address ends in logs")	\
	X(UNAUTHORIZED, 401, "UNAUTHORIZED", "Unauthorized")		\
	X(FORBIDDEN, 403, "FORBIDDEN", "You may not do this")		\
	X(NOT_FOUND, 404, "NOT_FOUND", "There is nothing at this address") \
	X(METHOD_NOT_ALLOWED, 405, "METHOD_NOT_ALLOWED",		\
	    "This address does not answer that method")			\
	X(TOO_LARGE, 413, "PAYLOAD_TOO_LARGE",				\
	    "The body is larger than this address accepts")		\
	X(UNSUPPORTED_MEDIA, 415, "UNSUPPORTED_MEDIA_TYPE",		\
	    "This media type is not supported")				\
	X(TOO_MANY, 429, NULL,						\
	    "Too many requests. Please try again later.")		\
	/* accounts: better-auth's words */				\
	X(INVALID_EMAIL, 400, "INVALID_EMAIL", "Invalid email")		\
	X(PASSWORD_TOO_SHORT, 400, "PASSWORD_TOO_SHORT",		\
	    "Password too short")					\
	X(PASSWORD_TOO_LONG, 400, "PASSWORD_TOO_LONG",			\
	    "Password too long")					\
	X(PASSWORD_COMPROMISED, 400, "PASSWORD_COMPROMISED",		\
	    "The password you entered has been compromised. "		\
	    "Please choose a different password.")			\
	X(INVALID_EMAIL_OR_PASSWORD, 401, "INVALID_EMAIL_OR_PASSWORD",	\
	    "Invalid email or password")				\
	X(EMAIL_NOT_VERIFIED, 403, "EMAIL_NOT_VERIFIED",		\
	    "Email not verified")					\
	X(INVALID_ORIGIN, 403, "INVALID_ORIGIN", "Invalid origin")	\
	X(MISSING_ORIGIN, 403, "MISSING_OR_NULL_ORIGIN",		\
	    "Missing or null Origin")					\
	X(CROSS_SITE_LOGIN, 403, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",	\
	    "Cross-site navigation login blocked. "			\
	    "This request appears to be a CSRF attack.")		\
	X(INVALID_CALLBACK_URL, 403, "INVALID_CALLBACK_URL",		\
	    "Invalid callbackURL")					\
	X(INVALID_ERROR_CALLBACK_URL, 403, "INVALID_ERROR_CALLBACK_URL", \
	    "Invalid errorCallbackURL")					\
	X(INVALID_NEW_USER_CALLBACK_URL, 403,				\
	    "INVALID_NEW_USER_CALLBACK_URL",				\
	    "Invalid newUserCallbackURL")				\
	X(TARGET_NOT_STRING, 400, NULL, "Expected a string")		\
	X(USER_EXISTS, 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL",	\
	    "User already exists. Use another email.")			\
	X(EMAIL_IN_USE, 409, "EMAIL_IN_USE", "Email already in use")	\
	X(INVALID_PASSWORD, 400, "INVALID_PASSWORD", "Invalid password") \
	X(INVALID_TOKEN, 400, "INVALID_TOKEN", "Invalid token")		\
	X(DELETION_INVALID, 404, "INVALID_TOKEN", "Invalid token")	\
	X(LINK_INVALID, 401, "INVALID_TOKEN", "Invalid token")		\
	X(LINK_EXPIRED, 401, "TOKEN_EXPIRED", "Token expired")		\
	X(LINK_OTHER_USER, 401, "INVALID_USER", "Invalid user")		\
	X(CODE_INVALID, 401, "INVALID_CODE", "Invalid code")		\
	X(BACKUP_CODE_INVALID, 401, "INVALID_BACKUP_CODE",		\
	    "Invalid backup code")					\
	X(CHALLENGE_UNKNOWN, 401, "INVALID_TWO_FACTOR_COOKIE",		\
	    "Invalid two factor cookie")				\
	X(CHALLENGE_SPENT, 400, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE",	\
	    "Too many attempts. Please request a new code.")		\
	X(TWO_FACTOR_LOCKED, 429, "ACCOUNT_TEMPORARILY_LOCKED",		\
	    "Too many failed verification attempts. Your account is "	\
	    "temporarily locked. Please try again later.")		\
	X(TWO_FACTOR_OFF, 400, "TWO_FACTOR_NOT_ENABLED",		\
	    "Two factor isn't enabled")					\
	X(TWO_FACTOR_NEEDED, 401, "TWO_FACTOR_REQUIRED",		\
	    "Enter the code of your authenticator app")			\
	X(TOTP_OFF, 400, "TOTP_NOT_ENABLED", "TOTP not enabled")	\
	X(TOTP_ON, 400, "TOTP_ALREADY_ENABLED", "TOTP is already enabled") \
	X(BACKUP_CODES_OFF, 400, "BACKUP_CODES_NOT_ENABLED",		\
	    "Backup codes aren't enabled")				\
	X(OTP_UNAVAILABLE, 400, "OTP_NOT_CONFIGURED",			\
	    "OTP is not available")					\
	X(OTP_MISSING, 400, "OTP_NOT_CONFIGURED", "otp isn't configured") \
	X(EMAIL_MISMATCH, 400, "EMAIL_MISMATCH", "Email mismatch")	\
	X(EMAIL_VERIFIED, 400, "EMAIL_ALREADY_VERIFIED",		\
	    "Email is already verified")				\
	X(EMAIL_SAME, 400, NULL, "Email is the same")			\
	X(RESET_DISABLED, 400, "RESET_PASSWORD_DISABLED",		\
	    "Reset password isn't enabled")				\
	X(VERIFICATION_DISABLED, 400, "VERIFICATION_EMAIL_NOT_ENABLED",	\
	    "Verification email isn't enabled")				\
	X(CHANGE_DISABLED, 400, "CHANGE_EMAIL_DISABLED",		\
	    "Change email is disabled")					\
	X(INVALID_REDIRECT_URL, 403, "INVALID_REDIRECT_URL",		\
	    "Invalid redirectURL")					\
	X(NO_FIELDS, 400, NULL, "No fields to update")			\
	X(EMAIL_FIXED, 400, "EMAIL_CAN_NOT_BE_UPDATED",			\
	    "Email can not be updated")					\
	X(NO_CREDENTIAL, 400, "CREDENTIAL_ACCOUNT_NOT_FOUND",		\
	    "Credential account not found")				\
	X(SESSION_EXPIRED, 400, "SESSION_EXPIRED",			\
	    "Session expired. Re-authenticate to perform this action.")	\
	X(SIGN_UP_CLOSED, 400, "EMAIL_PASSWORD_SIGN_UP_DISABLED",	\
	    "Email and password sign up is not enabled")		\
	X(FAILED_TO_GET_SESSION, 500, "FAILED_TO_GET_SESSION",		\
	    "Failed to get session")					\
	X(GET_SESSION_BY_POST, 405,					\
	    "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED",		\
	    "POST method requires deferSessionRefresh to be enabled "	\
	    "in session config")					\
	/* API keys */							\
	X(KEY_REFUSED, 403, "API_KEY_NOT_ALLOWED",			\
	    "An API key cannot do this; sign in instead")		\
	X(KEY_NOT_FOUND, 404, "API_KEY_NOT_FOUND",			\
	    "There is no such API key")					\
	X(KEYS_FULL, 409, "TOO_MANY_API_KEYS",				\
	    "You have as many API keys as fit; delete one first")	\
	/* administration */						\
	X(ADMINS_ONLY, 403, "FORBIDDEN",				\
	    "Only administrators may do this")				\
	X(USER_NOT_FOUND, 404, "USER_NOT_FOUND",			\
	    "There is no such account")					\
	X(USER_IS_SELF, 409, "OWN_ACCOUNT",				\
	    "You cannot disable, demote or delete your own account here; " \
	    "another administrator can")				\
	X(USER_IS_FIXED, 409, "ADMIN_BY_ENVIRONMENT",			\
	    "ADMIN_EMAIL makes this account an administrator; change that " \
	    "first")							\
	X(USER_IS_DISABLED, 409, "USER_DISABLED",			\
	    "This account is disabled; enable it first")		\
	/* documents and chat */					\
	X(DOCUMENT_EMPTY, 400, "DOCUMENT_EMPTY",			\
	    "The document holds no text")				\
	X(DOCUMENT_TYPE, 415, "UNSUPPORTED_DOCUMENT",			\
	    "Only PDF, Word (DOCX), HTML, Markdown and plain text in "	\
	    "UTF-8 can be read, each with what its name says in it")	\
	X(DOCUMENT_NOT_FOUND, 404, "DOCUMENT_NOT_FOUND",		\
	    "There is no such document")				\
	X(CONVERSATION_NOT_FOUND, 404, "CONVERSATION_NOT_FOUND",	\
	    "There is no such conversation")				\
	X(QUOTA_USER, 413, "QUOTA_EXCEEDED",				\
	    "Your storage is full; delete a document first")		\
	X(QUOTA_TOTAL, 507, "STORAGE_FULL",				\
	    "This server's storage is full")				\
	X(FILENAME_TAKEN, 409, "FILENAME_TAKEN",			\
	    "Another document has this file name; rename or delete it first") \
	X(ANSWER_RUNNING, 409, "ANSWER_RUNNING",			\
	    "This conversation is being answered already")		\
	X(ANSWER_BROKEN_OFF, 500, "ANSWER_BROKEN_OFF",			\
	    "The answer was broken off; ask again")			\
	X(CHAT_DAILY, 429, "DAILY_LIMIT_REACHED",			\
	    "You have asked as many questions as a day has; ask again "	\
	    "tomorrow (UTC)")						\
	X(COLLECTION_NOT_FOUND, 404, "COLLECTION_NOT_FOUND",		\
	    "There is no such collection")				\
	X(COLLECTION_TAKEN, 409, "COLLECTION_NAME_TAKEN",		\
	    "You have a collection of this name already")		\
	X(COLLECTIONS_FULL, 409, "TOO_MANY_COLLECTIONS",		\
	    "You have as many collections as fit; delete one first")	\
	X(COLLECTION_FULL, 409, "COLLECTION_FULL",			\
	    "A collection holds at most 1000 documents")		\
	X(MESSAGE_NOT_FOUND, 404, "MESSAGE_NOT_FOUND",			\
	    "There is no such message")					\
	X(NO_MODEL, 404, "MODEL_NOT_FOUND",				\
	    "There is no such model; GET /v1/models lists those there are") \
	X(TOO_MANY_STREAMS, 429, "TOO_MANY_STREAMS",			\
	    "You have too many answers running; wait for one to end")	\
	/* what stands behind us */					\
	X(INTERNAL, 500, "INTERNAL_ERROR", "Something went wrong here")	\
	X(DATABASE, 503, "DATABASE_UNAVAILABLE",			\
	    "The database is not reachable; try again in a moment")	\
	X(BUSY, 503, "BUSY", "The server is busy; try again in a moment") \
	X(MODEL_REFUSED, 502, "MODEL_ERROR",				\
	    "The language model answered with an error")		\
	X(MODEL_KEY, 502, "MODEL_KEY_REFUSED",				\
	    "The language model refused this server's key or account; "	\
	    "its operator has to look at LLM_API_KEY")			\
	X(MODEL_UNKNOWN, 502, "MODEL_NOT_FOUND",			\
	    "There is no such language model at its address; the "	\
	    "operator has to look at LLM_URL and LLM_MODEL")		\
	X(MODEL_LIMITED, 503, "MODEL_RATE_LIMITED",			\
	    "The language model takes no more requests at the moment; "	\
	    "try again in a minute")					\
	X(MODEL_OVERLOADED, 503, "MODEL_OVERLOADED",			\
	    "The language model is overloaded; try again in a moment")	\
	X(MODEL_RESTING, 503, "MODEL_UNAVAILABLE",			\
	    "The language model has failed several times in a row; "	\
	    "try again in a few seconds")				\
	X(MODEL_UNREACHABLE, 502, "MODEL_UNREACHABLE",			\
	    "The language model is not reachable")			\
	X(MODEL_TLS, 502, "MODEL_TLS_FAILED",				\
	    "There is no safe connection to the language model; the "	\
	    "operator has to look at LLM_URL and its certificate")	\
	X(MODEL_GARBLED, 502, "MODEL_NOT_UNDERSTOOD",			\
	    "What answers at the language model's address is none; the " \
	    "operator has to look at LLM_URL")				\
	X(MODEL_EMPTY, 502, "MODEL_EMPTY",				\
	    "The language model ended without an answer")		\
	X(MODEL_TIMEOUT, 504, "MODEL_TIMEOUT",				\
	    "The language model took too long")				\
	X(MODEL_CUT, 502, "MODEL_CUT_OFF",				\
	    "The language model broke off its answer")			\
	/* the socket's guard (edge.c) */				\
	X(BAD_HEADER, 400, "BAD_REQUEST", "The request's header is malformed") \
	X(BAD_LINE, 400, "BAD_REQUEST",					\
	    "The request line is malformed")				\
	X(BAD_TARGET, 400, "BAD_REQUEST",				\
	    "The address in the request line is malformed")		\
	X(BAD_NAME, 400, "BAD_REQUEST",					\
	    "A header line has no proper name")				\
	X(BAD_FOLD, 400, "BAD_REQUEST",					\
	    "A header is folded over several lines")			\
	X(BAD_LINE_END, 400, "BAD_REQUEST",				\
	    "Header lines must end with CR and LF together")		\
	X(BAD_NUL, 400, "BAD_REQUEST",					\
	    "The header holds a NUL character")				\
	X(BAD_HOST, 400, "BAD_REQUEST",					\
	    "The Host header is missing or malformed")			\
	X(BAD_LENGTH, 400, "BAD_REQUEST",				\
	    "The Content-Length is not a plain number")			\
	X(BAD_TWICE, 400, "BAD_REQUEST",				\
	    "A header that must be unique is there twice")		\
	X(BAD_FRAMING, 400, "BAD_REQUEST",				\
	    "Content-Length and Transfer-Encoding exclude each other")	\
	X(BODY_UNWANTED, 400, "BAD_REQUEST",				\
	    "A request of this method has no body")			\
	X(HEADER_TOO_LARGE, 431, "HEADER_TOO_LARGE",			\
	    "The request's header is too large")			\
	X(URI_TOO_LONG, 414, "URI_TOO_LONG", "The address is too long")	\
	X(METHOD_UNKNOWN, 501, "NOT_IMPLEMENTED",			\
	    "This method is not implemented")				\
	X(TRANSFER_ENCODING, 501, "NOT_IMPLEMENTED",			\
	    "Transfer-Encoding is not supported; send a Content-Length") \
	X(EXPECTATION, 417, "EXPECTATION_FAILED",			\
	    "Only 100-continue can be expected")			\
	X(VERSION, 505, "HTTP_VERSION_NOT_SUPPORTED",			\
	    "Speak HTTP/1.1 or HTTP/1.0")				\
	X(REQUEST_TIMEOUT, 408, "REQUEST_TIMEOUT",			\
	    "The request took too long to arrive")

enum error_id {
#define ERROR_ENUM(name, status, code, message)	ERROR_##name,
	ERROR_LIST(ERROR_ENUM)
#undef ERROR_ENUM
	ERROR_COUNT
};

struct error_info {
	int		 status;	/* HTTP status */
	const char	*code;		/* for programs, or NULL */
	const char	*message;	/* for people, one short sentence */
};

/* Never NULL; an id out of range is ERROR_INTERNAL's entry. */
const struct error_info	*error_info(enum error_id);
/* The message of a code, as one was stored; of ERROR_INTERNAL if unknown. */
const char	*error_text(const char *code);

/* The reason phrase of a status line, "" when there is none. */
const char		*error_reason(int status);

#endif
