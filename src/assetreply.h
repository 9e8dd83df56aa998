/*
 * Pages and files as answers: the reader's language, the encoding that the
 * browser takes, what it may keep.
 */
#ifndef LECTERN_ASSETREPLY_H
#define LECTERN_ASSETREPLY_H

#include "request.h"

/*
 * The page of that name ("chat.html") with any status; 404 when there is
 * none. Only a 200 may be kept and asked for again by its ETag.
 */
enum step	assetreply_page(struct request *, int status, const char *file);
/*
 * A file under /assets/. `version` is what the address names, or NULL: with
 * the present one it never changes; with any other, as a page of the release
 * before asks for, it is the present file, to be asked for again.
 */
enum step	assetreply_file(struct request *, const char *version,
		    const char *file);

#endif
