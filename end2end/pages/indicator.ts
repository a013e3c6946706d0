import { expect, type Locator, type Page } from '@playwright/test';
import type { Receipt } from '../support/receipt';

/** What the page says of its connection. It is there on every page. */
export class Indicator {
  static readonly TEST_ID = 'connection-status';
  readonly element: Locator;
  /** What opens the details. */
  readonly button: Locator;
  readonly details: Locator;
  /** The details' list, which carries the page's receipt. */
  readonly receipt: Locator;
  /** The lamp, which pulses while the connection is live. */
  readonly lamp: Locator;

  constructor(page: Page) {
    this.element = page.getByTestId(Indicator.TEST_ID);
    this.button = page.getByRole('button', { name: 'About the connection' });
    this.details = page.locator('#connection-details');
    this.receipt = page.getByTestId('connection-receipt');
    this.lamp = this.element.locator('.signal-lamp');
  }

  /** Resolves when the connection is live; then the page has been hydrated, too. */
  async live(deadlineMs = 10_000): Promise<void> {
    await this.says('live', deadlineMs);
  }

  /** Resolves when the connection is in this state. */
  async says(state: string, deadlineMs = 10_000): Promise<void> {
    await expect(this.element).toHaveAttribute('data-state', state, { timeout: deadlineMs });
  }

  /** Resolves when the page no longer says that it is live. */
  async notLive(deadlineMs: number): Promise<void> {
    await expect(this.element).not.toHaveAttribute('data-state', 'live', { timeout: deadlineMs });
  }

  /** How many events the page was told, and the checksum over their cursors. The details must be open. */
  async received(): Promise<Receipt> {
    const [received, checksum] = await Promise.all([
      this.receipt.getAttribute('data-received'),
      this.receipt.getAttribute('data-checksum'),
    ]);
    return { received: Number(received), checksum: checksum! };
  }
}
