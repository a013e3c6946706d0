/**
 * A server that an installation stands on: Redis or Postgres, on a free port, over a folder of its own. Ended by its id.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How long an engine may take to answer. */
const DEADLINE_MS = 30_000;

/** Finds Postgres' programs where Debian keeps them, and runs them as a user that Postgres takes. */
const POSTGRES = `
PATH="$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1):$PATH"
as=
if [ "$(id -u)" = 0 ]; then chown postgres .; as="setpriv --reuid=postgres --regid=postgres --clear-groups"; fi
`;

/** What the program is told of where its data lies. */
export type Environment = Record<string, string>;

export class Engine {
  private constructor(
    /** What names it to the program. */
    readonly environment: Environment,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** For jobs and events. */
  static async redis(): Promise<Engine> {
    const port = await freePort();
    const environment = { REDIS_URL: `redis://127.0.0.1:${port}`, PUBSUB_BACKEND: 'redis' };
    return Engine.start(`exec redis-server --port ${port} --bind 127.0.0.1 --appendonly yes --save ''`, port, environment);
  }

  /** For everything. */
  static async postgres(): Promise<Engine> {
    const port = await freePort();
    const environment = { DATABASE_URL: `postgres://postgres@127.0.0.1:${port}/postgres` };
    const prepare = `${POSTGRES} $as initdb -D data -U postgres -A trust -E UTF8 --no-sync`;
    const run = `${POSTGRES} exec $as postgres -D data -p ${port} -k '' -c listen_addresses=127.0.0.1`;
    return Engine.start(run, port, environment, prepare);
  }

  private static async start(run: string, port: number, environment: Environment, prepare?: string): Promise<Engine> {
    const folder = await mkdtemp(join(tmpdir(), 'signalbox-engine-'));
    await chmod(folder, 0o755);
    if (prepare) execFileSync('sh', ['-c', prepare], { cwd: folder, stdio: 'ignore' });
    const child = spawn('sh', ['-c', run], { cwd: folder, stdio: 'ignore' });
    const engine = new Engine(environment, child, folder);
    process.on('exit', engine.end);
    await answers(port);
    return engine;
  }

  /** Ends it and removes its folder. */
  async remove(): Promise<void> {
    const ended = once(this.child, 'close');
    this.end();
    await ended;
    process.off('exit', this.end);
    await rm(this.folder, { recursive: true, force: true });
  }

  private readonly end = () => this.child.kill('SIGKILL');
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    if (Date.now() > deadline) throw new Error('The engine does not answer.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
