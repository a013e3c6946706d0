/** The sample files of `fixtures/`; its README says what is in each. */

import { fileURLToPath } from 'node:url';

/** The path of a sample file. */
export function sample(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}
