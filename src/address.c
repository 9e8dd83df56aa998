/*
 * E-mail addresses: one rule (kore.conf), one spelling (lower case).
 */
#include <sys/types.h>

#include <string.h>

#include "address.h"
#include "input.h"

int
address_read(struct request *r, const char *email, char out[ADDRESS_MAX + 1])
{
	size_t	i;

	if (strlen(email) > ADDRESS_MAX || !input_validate(r, "email", email))
		return (0);
	for (i = 0; email[i] != '\0'; i++)
		out[i] = email[i] >= 'A' && email[i] <= 'Z' ?
		    (char)(email[i] + 'a' - 'A') : email[i];
	out[i] = '\0';

	return (1);
}
