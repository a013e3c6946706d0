/** BullMQ, on Redis: `node bullmq.mjs URL JOBS CONCURRENCY` prints its speeds as JSON. */

import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { countdown, inBulk, pick, pickups, singles } from './clock.mjs';

const [url, jobs, concurrency] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const connection = new Redis(url, { maxRetriesPerRequest: null });

const alone = new Queue('singles', { connection });
const oneByOne = await singles(() => alone.add('echo', 1));
await alone.close();

const queue = new Queue('bulk', { connection });
const bulk = await inBulk(jobs, (count) => queue.addBulk(Array.from({ length: count }, () => ({ name: 'echo', data: 1 }))));

const { done, tick } = countdown(jobs);
const worker = new Worker('bulk', async (job) => job.data, { connection, concurrency });
worker.on('completed', tick);
worker.on('error', (error) => console.error(error.message));
const processed = await done;
await worker.close();
await queue.close();

const idle = new Queue('idle', { connection });
const waiting = new Worker('idle', async (job) => pick(job.data), { connection, concurrency });
await waiting.waitUntilReady();
const pickedUp = await pickups((sent) => idle.add('pickup', sent));
await waiting.close();
await idle.close();

console.log(JSON.stringify({ oneByOne, bulk, processed, ...pickedUp }));
process.exit(0);
