/*
 * `lectern check`: one line for each thing that Lectern depends on.
 */
#ifndef LECTERN_CHECK_H
#define LECTERN_CHECK_H

/*
 * Reads the environment, tries everything that it names and prints what came
 * of it to stdout. 0: all that is configured answers; 1: something does not.
 */
int	check_main(void);

#endif
