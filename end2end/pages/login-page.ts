import { expect, type Locator, type Page } from '@playwright/test';

/** `/login`, and `/setup`, which asks for the same two things. */
export class LoginPage {
  readonly heading: Locator;
  readonly email: Locator;
  readonly password: Locator;
  readonly trouble: Locator;
  readonly signIn: Locator;
  readonly makeAdmin: Locator;

  constructor(private readonly page: Page) {
    this.heading = page.getByRole('heading', { level: 1 });
    this.email = page.getByLabel('E-mail');
    this.password = page.getByLabel('Password');
    this.trouble = page.getByRole('alert');
    this.signIn = page.getByRole('button', { name: 'Sign in' });
    this.makeAdmin = page.getByRole('button', { name: 'Make the first admin' });
  }

  /** Opens the page to sign in. */
  async open(next = ''): Promise<void> {
    await this.page.goto(next ? `/login?next=${encodeURIComponent(next)}` : '/login');
    await expect(this.heading).toHaveText('Sign in');
  }

  /** Fills both fields. */
  async fill(email: string, password: string): Promise<void> {
    await this.email.fill(email);
    await this.password.fill(password);
  }

  /** Signs in, and resolves when another page is there. */
  async enter(email: string, password: string): Promise<void> {
    await this.open();
    await this.fill(email, password);
    await this.signIn.click();
    await this.page.waitForURL((url) => url.pathname !== '/login');
  }
}
