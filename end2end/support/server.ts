/**
 * The program under test, as a process: the release binary, on a free port, over a folder of its own.
 *
 * A test that needs to know what happens when the server is gone really stops it, and starts it again over the same
 * folder and on the same port. Processes are ended by their id, whatever became of the test.
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Environment } from './engine';
import { keepToken, TOKEN_NAME } from './token';

/** The binary: the one that `SIGNALBOX` names, else the release build. */
const BINARY = process.env['SIGNALBOX'] ?? fileURLToPath(new URL('../../target/release/signalbox', import.meta.url));

/** How long a process may take to say that it is ready, and to end once it was asked to. */
const DEADLINE_MS = 15_000;

const GREETING = /^Signalbox is at http:\/\/127\.0\.0\.1:(\d+)$/;
const SET_UP = /^Set up the first admin: (http:\/\/\S+)$/;

/** What somebody may do. */
export type Role = 'viewer' | 'operator' | 'admin';

/** What a test may want of its server. */
export interface ServerWishes {
  /** Whether the server's own process works on jobs; without, start a worker by `startWorker`. */
  works: boolean;
  /** The longest silence of a live stream. */
  heartbeatSeconds: number;
  /** What names the engines that it stands on. */
  environment: Environment;
}

export const USUAL: ServerWishes = { works: true, heartbeatSeconds: 15, environment: {} };

/** Nothing of the developer's own settings may change what is tested. */
function environment(dataDir: string, wishes: ServerWishes): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    NO_COLOR: '1',
    SIGNALBOX_DATA_DIR: dataDir,
    SIGNALBOX_LOG: 'warn',
    SIGNALBOX_HEARTBEAT_SECONDS: String(wishes.heartbeatSeconds),
    // All pages of a test are let in by one token.
    SIGNALBOX_MAX_STREAMS_PER_USER: '100',
    ...wishes.environment,
  };
}

/** A process of the program, and all that it wrote to stderr. */
class Process {
  private readonly child: ChildProcess;
  private readonly lines: Interface;
  private readonly ended: Promise<void>;
  private readonly end = () => this.child.kill('SIGKILL');
  /** The link under which the first admin is made, once it is printed. */
  readonly setUpLink: Promise<string>;

  constructor(
    args: string[],
    dataDir: string,
    wishes: ServerWishes,
    private readonly log: string[],
  ) {
    if (!existsSync(BINARY)) {
      throw new Error(`There is no ${BINARY}. Build it with \`make build\`.`);
    }
    this.child = spawn(BINARY, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment(dataDir, wishes),
    });
    this.lines = createInterface({ input: this.child.stdout! });
    this.ended = once(this.child, 'close').then(() => {
      process.off('exit', this.end);
    });
    // A test run that is broken off leaves nothing behind.
    process.on('exit', this.end);
    createInterface({ input: this.child.stderr! }).on('line', (line) => this.log.push(line));
    this.setUpLink = new Promise((resolve) => {
      this.lines.on('line', (line) => {
        const link = SET_UP.exec(line)?.[1];
        if (link) resolve(link);
      });
    });
  }

  /** The port that it listens on, once it says so. */
  async port(): Promise<number> {
    const greeting = new Promise<number>((resolve) => {
      this.lines.on('line', (line) => {
        const port = GREETING.exec(line)?.[1];
        if (port) resolve(Number(port));
      });
    });
    const died = this.ended.then(() => {
      throw new Error(`signalbox ended before it was ready:\n${this.log.join('\n')}`);
    });
    return within(Promise.race([greeting, died]), 'signalbox did not say where it is');
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Resolves when the process is gone; it is killed when it does not go by itself in time. */
  async gone(): Promise<void> {
    try {
      await within(this.ended, 'signalbox did not end after it was asked to');
    } catch (error) {
      this.end();
      await this.ended;
      throw error;
    }
  }
}

/** A server, its folder, and the workers beside it. */
export class Server {
  /** All that its processes wrote to stderr. */
  readonly log: string[] = [];
  private port = 0;
  private token = '';
  private web: Process | undefined;
  private readonly workers: Process[] = [];

  private constructor(
    private readonly dataDir: string,
    private readonly wishes: ServerWishes,
  ) {}

  /** Starts one over an empty folder. */
  static async start(wishes: ServerWishes = USUAL): Promise<Server> {
    const server = new Server(await mkdtemp(join(tmpdir(), 'signalbox-')), wishes);
    try {
      server.token = await server.run(['token', 'create', TOKEN_NAME, '--role', 'admin']);
      await server.startAgain();
    } catch (error) {
      await server.remove();
      throw error;
    }
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it over the same folder and on the same port as before. Resolves when it answers. */
  async startAgain(): Promise<void> {
    const args = ['serve', '--addr', `127.0.0.1:${this.port}`, ...(this.wishes.works ? [] : ['--no-worker'])];
    this.web = new Process(args, this.dataDir, this.wishes, this.log);
    this.port = await this.web.port();
    keepToken(this.url, this.token);
  }

  /** The link under which the first admin is made, as it was printed. There is none where there is an admin already. */
  async setUpLink(): Promise<string> {
    if (!this.web) throw new Error('The server is not running.');
    return within(this.web.setUpLink, 'signalbox did not print the link to set up');
  }

  /** Adds somebody who may sign in. */
  async addUser(email: string, role: Role, password: string): Promise<void> {
    await this.run(['user', 'add', email, '--role', role, '--password-stdin'], password);
  }

  /** Runs the program beside the server, over the same data. Returns what it printed. */
  private async run(args: string[], input = ''): Promise<string> {
    return new Promise((resolve, reject) => {
      const options = { env: environment(this.dataDir, this.wishes), timeout: DEADLINE_MS };
      const child = execFile(BINARY, args, options, (error, stdout, stderr) => {
        if (error) reject(new Error(`signalbox ${args.join(' ')} failed:\n${stderr}`));
        else resolve(stdout.trim());
      });
      child.stdin!.end(input);
    });
  }

  /** Asks it to stop, as an operator or a service manager does. Resolves when the process is gone. */
  async stop(): Promise<void> {
    await this.leave('SIGTERM');
  }

  /** Ends it at once, as a crash does. Resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.leave('SIGKILL');
  }

  /** Holds it: it keeps its connections and says nothing any more. */
  freeze(): void {
    this.web?.signal('SIGSTOP');
  }

  /** Lets it go on. */
  thaw(): void {
    this.web?.signal('SIGCONT');
  }

  /** Starts a process that works on jobs and serves no pages. */
  startWorker(): void {
    this.workers.push(new Process(['worker'], this.dataDir, this.wishes, this.log));
  }

  /** Ends all that was started, and removes the folder. */
  async remove(): Promise<void> {
    const processes = [...this.workers.splice(0), ...(this.web ? [this.web] : [])];
    this.web = undefined;
    for (const process of processes) process.signal('SIGKILL');
    await Promise.all(processes.map((process) => process.gone()));
    await rm(this.dataDir, { recursive: true, force: true });
  }

  private async leave(signal: NodeJS.Signals): Promise<void> {
    const web = this.web;
    if (!web) throw new Error('The server is not running.');
    this.web = undefined;
    web.signal(signal);
    await web.gone();
  }
}

async function within<T>(promise: Promise<T>, complaint: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${complaint} within ${DEADLINE_MS / 1000} s`)), DEADLINE_MS);
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
