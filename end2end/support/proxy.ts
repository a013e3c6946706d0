/**
 * A proxy between a browser and the server under test, as bad as the ones that stand between real ones: it cuts connections in
 * the middle of a word, and says for a while that there is no server.
 */

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server as Listener, type Socket } from 'node:net';

const BAD_GATEWAY = 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

export class Proxy {
  private readonly open = new Set<Socket>();
  private isRefusing = false;
  private refused: (() => void)[] = [];

  private constructor(
    private readonly listener: Listener,
    private readonly target: number,
  ) {
    listener.on('connection', (socket) => this.take(socket));
  }

  /** Starts one on a free port, in front of a server. */
  static async start(serverUrl: string): Promise<Proxy> {
    const listener = createServer();
    const proxy = new Proxy(listener, Number(new URL(serverUrl).port));
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  /** Cuts everything that is open; what comes next gets through. */
  cut(): void {
    for (const socket of this.open) socket.destroy();
    this.open.clear();
  }

  /** Cuts everything, and answers 502 until that was done so many times; then it lets everything through again. */
  async refuse(times: number): Promise<void> {
    this.isRefusing = true;
    this.cut();
    for (let count = 0; count < times; count += 1) {
      await new Promise<void>((resolve) => this.refused.push(resolve));
    }
    this.isRefusing = false;
  }

  async remove(): Promise<void> {
    this.cut();
    this.listener.close();
    await once(this.listener, 'close');
  }

  private take(socket: Socket): void {
    this.keep(socket);
    if (this.isRefusing) {
      socket.once('data', () => {
        socket.end(BAD_GATEWAY);
        for (const tell of this.refused.splice(0)) tell();
      });
      return;
    }
    const server = connect(this.target, '127.0.0.1');
    this.keep(server);
    socket.pipe(server);
    server.pipe(socket);
    socket.once('close', () => server.destroy());
    server.once('close', () => socket.destroy());
  }

  private keep(socket: Socket): void {
    this.open.add(socket);
    // Whoever was cut off says so to its own side.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.open.delete(socket));
  }
}
