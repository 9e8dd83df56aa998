// Waiting for something to become true, with a deadline and never for luck.
//
//   until(condition)      asks again and again until the answer is truthy
//   within(promise)       the promise's value, or an error when it takes longer
//
// Both name what they waited for when they give up. LECTERN_PATIENCE says how
// many times slower than usual everything is (under valgrind).

const patience = Number(process.env.LECTERN_PATIENCE ?? 1);

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Resolves with the first truthy value of `condition` (which may be async and
 * may throw while it does not hold yet).
 */
export async function until(condition, what = 'a condition',
    { seconds = 10, everyMs = 20 } = {}) {
  const deadline = performance.now() + seconds * 1000 * patience;
  let failure;

  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`Waited ${seconds} s in vain for ${what}`,
        { cause: failure });
    }
    await sleep(everyMs);
  }
}

export async function within(promise, what = 'a result', seconds = 10) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Waited ${seconds} s in vain for ${what}`)),
      seconds * 1000 * patience);
  });

  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
