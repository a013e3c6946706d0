/**
 * All that a browser or the server complained of during a test. What the test did not announce fails it.
 *
 * Complaints are errors and warnings of the console, exceptions that nobody caught, requests of the page that failed or
 * were answered with an error, and errors in the server's log.
 */

import type { BrowserContext } from '@playwright/test';

/** What a browser says while the server is gone. */
export const SERVER_GONE = /net::ERR_(CONNECTION|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|SOCKET|NETWORK_IO)/;
/** What a browser says without a network. */
export const NO_NETWORK = /net::ERR_(INTERNET_DISCONNECTED|NETWORK_CHANGED)/;

export class Complaints {
  private readonly found: string[] = [];
  private readonly announced: RegExp[] = [];
  private readonly logBefore: number;

  constructor(private readonly serverLog: readonly string[]) {
    this.logBefore = serverLog.length;
  }

  /** Listens to all pages of a browser. */
  watch(context: BrowserContext): void {
    context.on('console', (message) => {
      if (['error', 'warning', 'assert'].includes(message.type())) {
        this.found.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    context.on('weberror', (error) => this.found.push(`uncaught: ${error.error().stack ?? error.error().message}`));
    context.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText ?? 'unknown';
      // The page's own doing: it left, or closed its stream.
      if (reason !== 'net::ERR_ABORTED') this.found.push(`request failed: ${reason} ${request.url()}`);
    });
    context.on('response', (response) => {
      if (response.status() >= 400) this.found.push(`answer ${response.status()}: ${response.url()}`);
    });
  }

  /** Says what this test brings about on purpose. */
  announce(...patterns: RegExp[]): void {
    this.announced.push(...patterns);
  }

  /** What nobody announced. */
  unannounced(): string[] {
    const logged = this.serverLog.slice(this.logBefore).filter((line) => /\bERROR\b|panicked/.test(line));
    const all = [...this.found, ...logged.map((line) => `server: ${line}`)];
    return all.filter((complaint) => !this.announced.some((pattern) => pattern.test(complaint)));
  }
}
