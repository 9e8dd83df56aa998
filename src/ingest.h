/*
 * lectern ingest [--shared] [--user EMAIL] PATH...
 */
#ifndef LECTERN_INGEST_H
#define LECTERN_INGEST_H

/*
 * Loads files, directories and BEIR-style .jsonl collections and reads them.
 * Returns when every document is ready or failed. argv[0] is the command's
 * name. The exit code: 0; 1: something could not be loaded; 2: misused.
 */
int	ingest_main(const char *conninfo, int argc, char **argv);

#endif
