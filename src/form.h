/*
 * The account's forms as a browser without JavaScript sends them: the routes
 * below /form/. They are run by the handlers of the API; what differs is the
 * answer, which is always a redirect (303) to a page.
 */
#ifndef LECTERN_FORM_H
#define LECTERN_FORM_H

#include "request.h"

/* Where the links of the letters lead that these forms cause. */
#define FORM_CONFIRMED	"/confirmed"

/*
 * To where the reader was going before the form: `next` in the query of the
 * form's page, when that is an own path, or else `home`.
 */
enum step	 form_onward(struct request *, const char *home);
/*
 * Back to the form's page, `next` kept, with that fragment: the page shows
 * the element with this id (account.css).
 */
enum step	 form_back(struct request *, const char *fragment);
/* The same for an error; used by reply_error(). */
enum step	 form_refuse(struct request *, enum error_id);

#endif
