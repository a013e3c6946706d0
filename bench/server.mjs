/**
 * A server that contenders share: Redis or Postgres, on a free port, over a folder of its own. Ended by its id. Both keep what they
 * took, as they would in earnest: Redis appends to a file that is synced each second, Postgres syncs each commit.
 */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How long a server may take to answer. */
const DEADLINE_MS = 30_000;

/** Finds Postgres' programs where Debian keeps them, and runs them as a user that Postgres takes. */
const POSTGRES = `
PATH="$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1):$PATH"
as=
if [ "$(id -u)" = 0 ]; then chown postgres .; as="setpriv --reuid=postgres --regid=postgres --clear-groups"; fi
`;

/** Starts Redis; resolves to its URL and how to end it. */
export async function redis() {
  const port = await freePort();
  const run = `exec redis-server --port ${port} --bind 127.0.0.1 --appendonly yes --save ''`;
  return start(run, port, `redis://127.0.0.1:${port}`);
}

/** Starts Postgres; resolves to its URL and how to end it. */
export async function postgres() {
  const port = await freePort();
  const prepare = `${POSTGRES} $as initdb -D data -U postgres -A trust -E UTF8 --no-sync`;
  const run = `${POSTGRES} exec $as postgres -D data -p ${port} -k '' -c listen_addresses=127.0.0.1`;
  return start(run, port, `postgres://postgres@127.0.0.1:${port}/postgres`, prepare);
}

async function start(run, port, url, prepare) {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-bench-'));
  await chmod(folder, 0o755);
  if (prepare) execFileSync('sh', ['-c', prepare], { cwd: folder, stdio: 'ignore' });
  const child = spawn('sh', ['-c', run], { cwd: folder, stdio: 'ignore' });
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  await answers(port);
  const end = async () => {
    const ended = once(child, 'close');
    kill();
    await ended;
    process.off('exit', kill);
    await rm(folder, { recursive: true, force: true });
  };
  return { url, end };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port) {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(() => true, () => false);
    socket.destroy();
    if (isOpen) return;
    if (Date.now() > deadline) throw new Error('A server does not answer.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
