/** What a reader of the log must have received: how many events, and the checksum over their cursors, in their order. */

import { readEvents } from './api';

export interface Receipt {
  received: number;
  checksum: string;
}

/** FNV-1a of 64 bits over the text of each cursor and a line feed. */
export function receiptOf(cursors: Iterable<string>): Receipt {
  let [checksum, received] = [0xcbf29ce484222325n, 0];
  for (const cursor of cursors) {
    received += 1;
    for (const byte of Buffer.from(`${cursor}\n`)) {
      checksum = BigInt.asUintN(64, (checksum ^ BigInt(byte)) * 0x100000001b3n);
    }
  }
  return { received, checksum: checksum.toString(16).padStart(16, '0') };
}

/** What the log holds of a topic after a place, by the server itself. */
export async function receiptOfLog(url: string, topic: string, after: string): Promise<Receipt> {
  return receiptOf(await readEvents(url, topic, after));
}
