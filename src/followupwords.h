/*
 * The words by which a question goes on from the one before, by language.
 */
#ifndef LECTERN_FOLLOWUPWORDS_H
#define LECTERN_FOLLOWUPWORDS_H

#include "language.h"

/*
 * Folded as analyze.h says, with accents; blanks between the words and at both
 * ends, so that " is " finds one. NULL: none.
 */
struct followup_list {
	const char	*opens;		/* going on, as the first word */
	const char	*points;	/* back, wherever it stands */
	const char	*ends;		/* back, as the last word only */
};

extern const struct followup_list	followup_lists[LANGUAGE_COUNT];

/* Scripts without blanks between words: apart by bars, at its beginning. */
extern const char	followup_wide_points[], followup_wide_opens[];
/* Arabic and Hebrew; like `points`. */
extern const char	followup_right[];

#endif
