/** How the contenders' speeds are taken: as `signalbox bench queue` takes its own. */

/** How long callers hand jobs in one by one. */
export const SINGLES_MS = 3_000;
/** Jobs of one bulk. */
export const BULK = 10_000;
/** Callers that hand jobs in one by one, at the same time. */
export const CALLERS = 50;

/** Jobs a second that callers hand in, each waiting for the answer before it hands in the next. */
export async function singles(handIn) {
  const began = performance.now();
  let taken = 0;
  const caller = async () => {
    while (performance.now() - began < SINGLES_MS) {
      await handIn();
      taken += 1;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return perSecond(taken, began);
}

/** Jobs a second that are handed in ten thousand at a time. */
export async function inBulk(jobs, handIn) {
  const began = performance.now();
  for (let left = jobs; left > 0; left -= BULK) await handIn(Math.min(left, BULK));
  return perSecond(jobs, began);
}

/** Jobs a second, since a moment. */
export function perSecond(jobs, began) {
  return (jobs * 1_000) / (performance.now() - began);
}

/** A promise, and what counts down to it; `began` is when the first job was done. */
export function countdown(jobs) {
  let left = jobs;
  let began;
  let resolve;
  const done = new Promise((settle) => {
    resolve = settle;
  });
  const tick = () => {
    began ??= performance.now();
    left -= 1;
    if (left === 0) resolve(perSecond(jobs, began));
  };
  return { done, tick };
}
