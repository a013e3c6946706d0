/** Other clients of the live stream, as bare sockets: one that reads, and one that stops reading. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { tokenOf } from './token';

/** How long the greeting may take. */
const DEADLINE_MS = 10_000;

export class StreamClient {
  /** All that it read. */
  private text = '';
  /** Resolves to all that was read, when the server has ended the stream. */
  readonly ended: Promise<string>;

  private constructor(
    private readonly socket: Socket,
    /** Its name. */
    readonly connectionId: string,
    text: string,
  ) {
    this.text = text;
    socket.on('data', (part: string) => (this.text += part));
    this.ended = once(socket, 'close').then(() => this.text);
  }

  /** Listens to topics; resolves when it was greeted. */
  static async listen(url: string, topics: string): Promise<StreamClient> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname).setEncoding('utf8');
    const head = [
      `GET /api/v1/sse/connect?topics=${topics} HTTP/1.1`,
      `host: ${hostname}:${port}`,
      `authorization: Bearer ${tokenOf(url)}`,
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    let text = '';
    for (;;) {
      const [part] = (await once(socket, 'data', { signal: AbortSignal.timeout(DEADLINE_MS) })) as [string];
      text += part;
      const connectionId = /"connectionId":"([^"]+)"/.exec(text)?.[1];
      if (connectionId) return new StreamClient(socket, connectionId, text);
    }
  }

  /** Takes nothing more of what it is sent. */
  stopReading(): void {
    this.socket.pause();
  }

  close(): void {
    this.socket.destroy();
  }
}
