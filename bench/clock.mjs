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

/** Jobs whose pick-up is measured, those before them, and the pause behind each: an idle process shall be met. */
const PICKUPS = 300;
const STARTERS = 10;
const BETWEEN_PICKUPS_MS = 10;

/** How long jobs waited, each handed in when nothing else was to be done: p50 and p99 in ms. Each calls `pick` with what it was given. */
export async function pickups(handIn) {
  waits.length = 0;
  for (let number = 0; number < PICKUPS + STARTERS; number += 1) {
    await handIn(performance.now());
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_PICKUPS_MS));
  }
  while (waits.length < PICKUPS + STARTERS) await new Promise((resolve) => setTimeout(resolve, BETWEEN_PICKUPS_MS));
  const sorted = waits.slice(STARTERS).sort((a, b) => a - b);
  return { p50: sorted[Math.floor(PICKUPS * 0.5)], p99: sorted[Math.floor(PICKUPS * 0.99)] };
}

const waits = [];

/** A job runs that was handed in at a moment. */
export function pick(sent) {
  waits.push(performance.now() - sent);
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
