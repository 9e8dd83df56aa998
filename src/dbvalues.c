/*
 * Statement parameters, copied. Numbers go as text, bytes as they are.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kore/kore.h>

#include "dbvalues.h"

struct db_values *
dbvalues_copy(const struct db_param *params, size_t count)
{
	struct db_values	*values;
	size_t			 i, len, used = 0, total = 0;

	if (count > DB_PARAMS_MAX)
		fatal("db: too many parameters");
	for (i = 0; i < count; i++) {
		total += params[i].kind == DB_KIND_BYTES ? params[i].len :
		    params[i].kind == DB_KIND_INT ? 24 :
		    params[i].data == NULL ? 0 : strlen(params[i].data);
		total++;
	}
	if ((values = calloc(1, sizeof(*values) + total)) == NULL)
		fatal("db: no memory");
	values->count = (int)count;
	values->size = total;

	for (i = 0; i < count; i++) {
		if (params[i].kind == DB_KIND_INT) {
			values->text[i] = values->bytes + used;
			used += (size_t)snprintf(values->bytes + used, 24,
			    "%" PRId64, params[i].number) + 1;
			continue;
		}
		if (params[i].kind == DB_KIND_NULL || (params[i].data == NULL &&
		    params[i].kind == DB_KIND_TEXT))
			continue;
		len = params[i].kind == DB_KIND_BYTES ? params[i].len :
		    strlen(params[i].data);
		if (len > 0)
			memcpy(values->bytes + used, params[i].data, len);
		values->text[i] = values->bytes + used;
		values->lengths[i] = (int)len;
		values->formats[i] = params[i].kind == DB_KIND_BYTES;
		used += len + 1;
	}

	return (values);
}
