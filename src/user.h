/*
 * `lectern user`: what an operator does with accounts from the command line.
 */
#ifndef LECTERN_USER_H
#define LECTERN_USER_H

/*
 * argv[0] is "user". Blocking; speaks on stdout and stderr. Returns the exit
 * code: 0 done, 1 not done, 2 called wrongly. The schema must be in place,
 * the environment read and token_init() done.
 */
int	user_main(const char *conninfo, int argc, char **argv);

#endif
