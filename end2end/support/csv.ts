/** Files of customers that are the same in every run, and a reader of CSV for what the server sends. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A customer of a made-up file. */
export interface Customer {
  name: string;
  email: string;
  phone: string;
  company: string;
  city: string;
  country: string;
  totalSpendCents: number;
  visits: number;
}

const FIRST_NAMES = ['Ada', 'Grace', 'Konrad', 'Hedy', 'Alan', 'Katherine', 'Zoë', 'Jürgen', 'Inés', 'Łukasz'];
const LAST_NAMES = ['Lovelace', 'Hopper', 'Zuse', 'Lamarr', 'Turing', 'Johnson', 'Müller', 'Ørsted', 'García'];
const TRADES = ['Engines', 'Compilers', 'Looms', 'Signals', 'Bakery, Ltd.', 'Railways', 'Press'];
const PLACES = [
  ['London', 'United Kingdom'],
  ['Arlington', 'United States'],
  ['Berlin', 'Germany'],
  ['Wien', 'Austria'],
  ['København', 'Denmark'],
  ['Kraków', 'Poland'],
  ['Sevilla', 'Spain'],
] as const;

/** The customer with this number, counted from 1. No two have the same e-mail or phone. */
export function customer(number: number): Customer {
  const [city, country] = pick(PLACES, number, 5);
  return {
    name: `${pick(FIRST_NAMES, number, 1)} ${pick(LAST_NAMES, number, 2)}`,
    email: `customer-${String(number).padStart(6, '0')}@example.com`,
    phone: `+44 20 ${String(7_000_000 + number)}`,
    company: `${pick(LAST_NAMES, number, 3)} ${pick(TRADES, number, 4)}`,
    city,
    country,
    totalSpendCents: scattered(number, 6) % 10_000_000,
    // Few values for many customers: pages sorted by it have to settle ties.
    visits: scattered(number, 7) % 40,
  };
}

/** The customers 1 to `rows`. */
export function madeUp(rows: number): Customer[] {
  return Array.from({ length: rows }, (_, index) => customer(index + 1));
}

/** The file with the customers 1 to `rows`, as text. */
export function customersCsv(rows: number): string {
  const lines = ['name,email,phone,company,city,country,Total Spend,visits'];
  for (const { name, email, phone, company, city, country, totalSpendCents, visits } of madeUp(rows)) {
    const spend = (totalSpendCents / 100).toFixed(2);
    lines.push([name, email, phone, company, city, country, spend, String(visits)].map(quoted).join(','));
  }
  return `${lines.join('\n')}\n`;
}

/** Writes that file into a folder, and returns its path. */
export async function writeCustomersCsv(folder: string, rows: number): Promise<string> {
  const path = join(folder, `customers-${rows}.csv`);
  await writeFile(path, customersCsv(rows));
  return path;
}

/** Reads CSV (RFC 4180) with commas: its records, the header among them. */
export function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (text[at + 1] === '"') cell += text[(at += 1)];
      else isQuoted = false;
    } else if (character === '"') {
      isQuoted = true;
    } else if (character === ',') {
      record.push(cell);
      cell = '';
    } else if (character === '\n') {
      records.push([...record, cell]);
      record = [];
      cell = '';
    } else if (character !== '\r') {
      cell += character;
    }
  }
  return cell === '' && record.length === 0 ? records : [...records, [...record, cell]];
}

function quoted(cell: string): string {
  return /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function pick<T>(choices: readonly T[], number: number, salt: number): T {
  return choices[scattered(number, salt) % choices.length]!;
}

/** A number that looks like chance and is always the same (the finalizer of MurmurHash3). */
function scattered(number: number, salt: number): number {
  let bits = Math.imul(number, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
