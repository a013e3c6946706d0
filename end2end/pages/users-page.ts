import { expect, type Locator, type Page } from '@playwright/test';
import type { Role } from '../support/server';
import { Indicator } from './indicator';

/** `/users`, and `/users/{id}` behind a row of it. */
export class UsersPage {
  readonly rows: Locator;
  readonly adder: Locator;
  readonly email: Locator;
  readonly role: Locator;
  readonly password: Locator;
  readonly add: Locator;
  /** What was done, in words. */
  readonly said: Locator;
  readonly trouble: Locator;
  /** The role of the user whose page it is. */
  readonly presentRole: Locator;
  readonly sessions: Locator;

  constructor(private readonly page: Page) {
    const main = page.getByRole('main');
    this.rows = page.getByTestId('user-row');
    this.adder = main.getByText('Add a user', { exact: true });
    this.email = page.getByLabel('E-mail');
    this.role = page.getByLabel('Role');
    this.password = page.getByLabel('Password');
    this.add = page.getByRole('button', { name: 'Add the user' });
    this.said = main.getByRole('status');
    this.trouble = main.getByRole('alert');
    this.presentRole = page.getByTestId('user-role');
    this.sessions = page.getByTestId('session-row');
  }

  async open(): Promise<void> {
    await this.page.goto('/users');
    await new Indicator(this.page).live();
  }

  /** Opens the page of somebody, from the list. */
  async openUser(email: string): Promise<void> {
    await this.open();
    await this.row(email).getByRole('link').click();
    await expect(this.page.getByRole('heading', { level: 1 })).toHaveText(email);
  }

  row(email: string): Locator {
    return this.rows.filter({ hasText: email });
  }

  /** Fills the form, which has to be open. */
  async fill(email: string, role: Role, password: string): Promise<void> {
    await this.email.fill(email);
    await this.role.selectOption(role);
    await this.password.fill(password);
  }

  /** Presses a button that asks, and answers. */
  async doIt(button: string | RegExp, answer: string | RegExp): Promise<void> {
    for (const name of [button, answer]) {
      await this.page.getByRole('main').getByRole('button', { name, exact: true }).click();
    }
  }
}
