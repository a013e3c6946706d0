import { expect, type Locator, type Page } from '@playwright/test';
import { Indicator } from './indicator';

/** `/events`: the log, as it is told. */
export class EventsPage {
  readonly rows: Locator;
  readonly topics: Locator;
  readonly type: Locator;
  readonly text: Locator;
  readonly pause: Locator;
  /** What waits, and shows it when it is pressed. */
  readonly news: Locator;
  readonly older: Locator;
  readonly latest: Locator;
  /** What opens the film of queues and workers. */
  readonly lookBack: Locator;
  readonly slider: Locator;

  constructor(private readonly page: Page) {
    this.rows = page.getByTestId('event-row');
    this.topics = page.getByRole('textbox', { name: 'Topics' });
    this.type = page.getByRole('combobox', { name: 'Type' });
    this.text = page.getByRole('searchbox', { name: 'Text' });
    this.pause = page.getByRole('button', { name: 'Pause' });
    this.news = page.getByTestId('new-events');
    this.older = page.getByRole('link', { name: 'Older' });
    this.latest = page.getByRole('link', { name: 'Latest' });
    this.lookBack = page.getByText('Queues and workers at a moment');
    this.slider = page.getByRole('slider', { name: 'Moment' });
  }

  /** Opens the page and resolves when it is live. */
  async open(query = ''): Promise<void> {
    await this.page.goto(`/events${query}`);
    await new Indicator(this.page).live();
  }

  /** The row of the event with this cursor. */
  row(cursor: string): Locator {
    return this.page.locator(`[data-testid=event-row][data-id="${cursor}"]`);
  }

  /** What opens and closes a row. */
  opener(row: Locator): Locator {
    return row.locator('[aria-expanded]');
  }

  /** What an open row says of a field. */
  fact(row: Locator, name: string): Locator {
    return row.getByRole('row', { name }).getByRole('cell');
  }

  /** The cursors of the rows, from top to bottom. */
  async cursors(): Promise<string[]> {
    return this.rows.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-id') ?? ''));
  }

  /** A queue's figure at the moment that the slider is at. */
  queue(name: string, column: string): Locator {
    return this.page.locator(`[data-testid=queue-row][data-id="${name}"] [data-label="${column}"]`);
  }

  /** Resolves when these are the first rows. */
  async beginsWith(cursors: string[]): Promise<void> {
    await expect.poll(async () => (await this.cursors()).slice(0, cursors.length)).toEqual(cursors);
  }
}
