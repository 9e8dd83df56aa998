/*
 * Calls a fuzzer with each of the files named: seeds and what was found once,
 * without libFuzzer, for every run of the tests (replay.sh).
 */
#include <stdio.h>

#include "fuzz.h"

int
main(int argc, char **argv)
{
	uint8_t	*bytes;
	FILE	*file;
	long	 size;
	int	 i;

	for (i = 1; i < argc; i++) {
		fprintf(stderr, "%s\n", argv[i]);
		file = fopen(argv[i], "rb");
		check(file != NULL && fseek(file, 0, SEEK_END) == 0);
		size = ftell(file);
		/* Of its own size, so that a byte read behind it is noticed. */
		bytes = malloc(size == 0 ? 1 : (size_t)size);
		rewind(file);
		check(size >= 0 && bytes != NULL &&
		    fread(bytes, 1, (size_t)size, file) == (size_t)size);
		fclose(file);
		(void)LLVMFuzzerTestOneInput(bytes, (size_t)size);
		free(bytes);
	}

	return (0);
}
