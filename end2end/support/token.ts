/** The tokens by which tests are let in: each server has one, for whoever asks it. */

/** Its name, by which its streams are listed. */
export const TOKEN_NAME = 'browser tests';

const tokens = new Map<string, string>();

/** Keeps the token of a server. */
export function keepToken(url: string, token: string): void {
  tokens.set(new URL(url).origin, token);
}

/** The header that lets a request to a server in. */
export function authorization(url: string): { authorization: string } {
  return { authorization: `Bearer ${tokenOf(url)}` };
}

/** The token of a server, an admin's. */
export function tokenOf(url: string): string {
  const token = tokens.get(new URL(url).origin);
  if (!token) throw new Error(`There is no token for ${url}.`);
  return token;
}

/** Asks a server, and is let in. */
export async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { ...init, headers: { ...authorization(url), ...(init.headers as Record<string, string>) } });
}
