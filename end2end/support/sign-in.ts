/** A session for a browser, beside the token that lets all in. */

import type { BrowserContext } from '@playwright/test';
import type { Role, Server } from './server';

const PASSWORD = 'correct horse battery staple';

/** Signs a browser in by a cookie. What it downloads brings cookies along, and not the header that carries the token. */
export async function signIn(context: BrowserContext, server: Server, role: Role = 'admin'): Promise<void> {
  const email = `${role}@example.com`;
  await server.addUser(email, role, PASSWORD);
  const answer = await context.request.post(`${server.url}/api/v1/auth/login`, { data: { email, password: PASSWORD } });
  if (!answer.ok()) throw new Error(`${email} could not sign in: ${answer.status()}`);
}
