/**
 * Signalbox beside BullMQ on one Redis, and beside Graphile Worker on one Postgres, one after the other in one run: `node compare.mjs`.
 * Each does one job that gives back a number, `CONCURRENCY` at a time, in one process. How long an idle worker takes to pick a job up is
 * compared with BullMQ's client in Rust, too: it wakes as few threads as ours.
 */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { postgres, redis } from './server.mjs';

const JOBS = Number(process.env.JOBS ?? 50_000);
const CONCURRENCY = Number(process.env.CONCURRENCY ?? 100);
const SIGNALBOX = fileURLToPath(new URL('../target/release/signalbox', import.meta.url));
const BULLMQ_RUST = fileURLToPath(new URL('../target/release/bullmq-rust', import.meta.url));

/** What is compared: its name, and how the name of Signalbox's own figure goes on behind that of the engine. */
const SPEEDS = [
  ['oneByOne', 'enqueue, one by one', 'enqueue, one by one'],
  ['bulk', 'enqueue, 10,000 a call', 'enqueue, 10000'],
  ['processed', 'done by one process', 'done, processes: 1'],
];
/** BullMQ on Node and Graphile Worker hand in and work in one process, Signalbox and BullMQ in Rust in two. */
const WAITS = [
  ['p50', 'pick-up when idle, p50', 'pick-up by an idle process, p50'],
  ['p99', 'pick-up when idle, p99', 'pick-up by an idle process, p99'],
];

/** Speeds of a contender. */
function contender(script, url) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return JSON.parse(output(process.execPath, [path, url, JOBS, CONCURRENCY]));
}

/** Speeds of Signalbox, under the same names. */
function signalbox(environment) {
  const options = ['bench', 'queue', '--json', '--jobs', JOBS, '--concurrency', CONCURRENCY];
  const figures = JSON.parse(output(SIGNALBOX, options, environment));
  const found = (name) => figures.find((figure) => figure.name.includes(`: ${name}`)).value;
  return Object.fromEntries([...SPEEDS, ...WAITS].map(([key, , name]) => [key, found(name)]));
}

function output(program, options, environment = {}) {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment };
  return execFileSync(program, options.map(String), { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Runs both against fresh servers of one kind, and prints their figures side by side. */
async function compare(start, title, other, measureOther, environment) {
  const speeds = [];
  for (const measure of [(url) => measureOther(url), (url) => signalbox(environment(url))]) {
    const server = await start();
    try {
      speeds.push(measure(server.url));
    } finally {
      await server.end();
    }
  }
  const [theirs, ours] = speeds;
  const table = (unit, digits, all) => {
    const figures = all.filter(([key]) => key in theirs);
    if (figures.length === 0) return;
    const round = (value) => value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
    console.log(`\n${title}, ${unit}`.padEnd(28), other.padStart(16), 'Signalbox'.padStart(10), 'ratio'.padStart(7));
    for (const [key, words] of figures) {
      const ratio = (ours[key] / theirs[key]).toFixed(2).padStart(7);
      console.log(words.padEnd(27), round(theirs[key]).padStart(16), round(ours[key]).padStart(10), ratio);
    }
  };
  table('jobs a second', 0, SPEEDS);
  table('ms', 1, WAITS);
}

console.log(`${JOBS.toLocaleString('en-US')} jobs, ${CONCURRENCY} at a time`);
await compare(redis, 'Redis', 'BullMQ', (url) => contender('bullmq.mjs', url), (url) => ({
  REDIS_URL: url,
  PUBSUB_BACKEND: 'redis',
}));
await compare(redis, 'Redis', 'BullMQ in Rust', (url) => JSON.parse(output(BULLMQ_RUST, [url])), (url) => ({
  REDIS_URL: url,
  PUBSUB_BACKEND: 'redis',
}));
await compare(postgres, 'Postgres', 'Graphile Worker', (url) => contender('graphile-worker.mjs', url), (url) => ({
  DATABASE_URL: url,
}));
