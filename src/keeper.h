/*
 * Processes beside the workers that the parent keeps running. Kore's parent
 * reaps every child and offers no hook for it; waitpid() is wrapped, so that
 * it tells of ours as well.
 */
#ifndef LECTERN_KEEPER_H
#define LECTERN_KEEPER_H

/*
 * Forks a child that runs `become`, in a session of its own, and forks it
 * again whenever it ends, as long as this process lives. When this process
 * dies the child is sent SIGTERM by the kernel. `become` must not return.
 * Only for single-threaded processes. Returns 0, or -1 with errno.
 */
int	keeper_start(void (*become)(void)) __attribute__((warn_unused_result));

#endif
