/** The HTTP API as a program uses it: to bring in what a test starts from, and to hear when that is done. */

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { ask } from './token';

/** An import as the API shows it; the fields that tests use. */
export interface Import {
  importId: string;
  status: 'queued' | 'running' | 'completed' | 'failed';
  rows: {
    read: number;
    inserted: number;
    updated: number;
    unchanged: number;
    skipped: number;
    failed: number;
    total: number | null;
  };
  error: string | null;
}

/** How long an import of a test may take. */
const DEADLINE_MS = 45_000;

/** Sends a file; it is accepted when this resolves, and not yet imported. Returns the import's id. */
export async function sendFile(url: string, path: string): Promise<string> {
  const form = new FormData();
  form.append('file', new Blob([await readFile(path)]), basename(path));
  const answer = await ask(`${url}/api/v1/customers/import`, { method: 'POST', body: form });
  if (answer.status !== 202) throw new Error(`The file was not accepted: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { importId: string }).importId;
}

/** Sends a file and resolves when its import is over, whatever came of it. */
export async function importFile(url: string, path: string): Promise<Import> {
  return overOnce(url, () => sendFile(url, path));
}

/** Does what makes an import go on, and resolves when that import is over. `act` resolves to the import's id. */
export async function overOnce(url: string, act: () => Promise<string>): Promise<Import> {
  // Listening begins before the act, so that its last event can't be missed.
  const { events, close } = await greet(`${url}/api/v1/sse/connect?topics=imports`);
  try {
    const importId = await act();
    for await (const event of events) {
      if (event.type === 'import_update' && event.importId === importId && isOver(event.status)) {
        return await showImport(url, importId);
      }
    }
    throw new Error(`The stream ended before import ${importId} was over.`);
  } finally {
    close();
  }
}

/** An import as it is now. */
export async function showImport(url: string, importId: string): Promise<Import> {
  const answer = await ask(`${url}/api/v1/imports/${importId}`);
  return (await answer.json()) as Import;
}

/** How many streams the server has open. */
export async function openStreams(url: string): Promise<number> {
  const answer = await ask(`${url}/api/v1/sse/stats`);
  return ((await answer.json()) as { totalConnections: number }).totalConnections;
}

/** Where the log ends now. */
export async function endOfLog(url: string): Promise<string> {
  const { greeting, close } = await greet(`${url}/api/v1/sse/connect`);
  close();
  return greeting.cursor!;
}

/** The cursors of all events of a topic after a place. */
export async function readEvents(url: string, topic: string, after: string): Promise<string[]> {
  const { greeting, events, close } = await greet(`${url}/api/v1/sse/connect?topics=${topic}&cursor=${after}`);
  const cursors: string[] = [];
  while (cursors.length < greeting.replayed!) {
    const { done, value } = await events.next();
    if (done) throw new Error('The stream ended before all was sent.');
    cursors.push(value.id);
  }
  close();
  return cursors;
}

/** Tells an event of one's own. Returns its cursor. */
export async function tell(url: string, topic: string, data: unknown): Promise<string> {
  const answer = await post(`${url}/api/v1/events`, { topic, data });
  return (answer as { cursor: string }).cursor;
}

/** Hands a job in. Returns its id. */
export async function enqueue(url: string, jobName: string, data: unknown): Promise<string> {
  const answer = await post(`${url}/api/v1/queue/add`, { queueName: 'test', jobName, data });
  return (answer as { jobId: string }).jobId;
}

/** Sends JSON, and returns what is answered. */
export async function post(url: string, body: unknown = {}): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const answer = await ask(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url} was refused: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

interface StreamEvent {
  id: string;
  type: string;
  cursor?: string;
  replayed?: number;
  importId?: string;
  status?: Import['status'];
}

function isOver(status: Import['status'] | undefined): boolean {
  return status === 'completed' || status === 'failed';
}

/** The greeting of a stream, what comes after it, and how to end it. */
async function greet(url: string): Promise<{
  greeting: StreamEvent;
  events: AsyncGenerator<StreamEvent>;
  close: () => void;
}> {
  const listening = new AbortController();
  const signal = AbortSignal.any([listening.signal, AbortSignal.timeout(DEADLINE_MS)]);
  const answer = await ask(url, { signal, headers: { accept: 'text/event-stream' } });
  const events = frames(answer.body!);
  const { done, value } = await events.next();
  if (done || value.type !== 'connected') throw new Error('The stream did not begin with a greeting.');
  return { greeting: value, events, close: () => listening.abort() };
}

async function* frames(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const complete = text.split('\n\n');
    text = complete.pop()!;
    for (const frame of complete) {
      const field = (name: string) => {
        const line = frame.split('\n').find((line) => line.startsWith(`${name}:`));
        return line?.slice(name.length + 1).trim();
      };
      const data = field('data');
      if (data) yield { ...(JSON.parse(data) as StreamEvent), id: field('id') ?? '' };
    }
  }
}
