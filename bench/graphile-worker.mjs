/** Graphile Worker with its local queue, on Postgres: `node graphile-worker.mjs URL JOBS CONCURRENCY` prints its speeds as JSON. */

import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import { countdown, inBulk, pick, pickups, singles } from './clock.mjs';

const [connectionString, jobs, concurrency] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const quiet = new Logger(() => () => {});

const utils = await makeWorkerUtils({ connectionString, maxPoolSize: 50, logger: quiet });
await utils.migrate();
const oneByOne = await singles(() => utils.addJob('aside', { value: 1 }));
const bulk = await inBulk(jobs, (count) =>
  utils.addJobs(Array.from({ length: count }, () => ({ identifier: 'echo', payload: { value: 1 } }))),
);
await utils.withPgClient((client) => client.query('vacuum analyze'));

const { done, tick } = countdown(jobs);
const runner = await run({
  connectionString,
  taskList: { echo: tick, pickup: ({ sent }) => pick(sent) },
  logger: quiet,
  noHandleSignals: true,
  preset: {
    worker: {
      connectionString,
      concurrentJobs: concurrency,
      maxPoolSize: concurrency,
      localQueue: { size: 500 },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  },
});
const processed = await done;
const pickedUp = await pickups((sent) => utils.addJob('pickup', { sent }));
await runner.stop();
await utils.release();

console.log(JSON.stringify({ oneByOne, bulk, processed, ...pickedUp }));
process.exit(0);
