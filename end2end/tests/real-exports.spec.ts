/** Files as they come from real programs: each in its own encoding, delimiter, and words for the same things. */

import type { Column } from '../pages/customers-page';
import { sample } from '../support/samples';
import { expect, test } from '../support/test';

interface Export {
  file: string;
  /** Some of its customers: what the list shows of each, by e-mail. */
  customers: Record<string, Partial<Record<Column, string>>>;
}

const EXPORTS: Export[] = [
  {
    file: 'shopify.csv',
    customers: {
      'chloe@shopify.example': { Name: 'Chloé Lefèvre', City: 'Lyon', Country: 'FR', Spend: '1,234.56', Visits: '2' },
      'jun@shopify.example': { Name: 'Jun 山田', Company: '山田, 商店', Spend: '15,000.00', Visits: '9' },
    },
  },
  {
    file: 'hubspot.csv',
    customers: {
      'ada@hubspot.example': { Name: 'Ada Okafor', Company: 'Okafor Ltd', Visits: '0', 'Last visit': '–' },
      'jun@hubspot.example': { Name: 'Jun 山田', City: '大阪', Visits: '27', 'Last visit': '2026-11-10T05:30:00Z' },
    },
  },
  {
    file: 'google-contacts.csv',
    customers: {
      'emre@google.example': { Name: 'Emre Yıldız', City: 'İzmir', Country: 'TR', Company: '–' },
      'dagmar@google.example': { Name: 'Dagmar Günther', Company: 'Günther Studio', City: 'Köln', Country: 'DE' },
    },
  },
  {
    file: 'mailchimp-utf16.csv',
    customers: {
      'emre@mailchimp.example': { Name: 'Emre Yıldız', Country: 'TR' },
      'jun@mailchimp.example': { Name: 'Jun 山田', Country: 'JP' },
    },
  },
  {
    file: 'semicolons-windows-1252.csv',
    customers: {
      'kunde1@umlaut.example': {
        Name: 'Jörg Müller',
        Company: 'Müller & Söhne; Großhandel',
        City: 'Köln',
        Country: 'Deutschland',
        Spend: '1,234.56',
        Visits: '0',
        'Last visit': '2026-11-01T00:00:00Z',
      },
      'kunde5@umlaut.example': { Name: 'Günter Groß', Spend: '1,000,000.00' },
      'kunde7@umlaut.example': { Name: 'Sören Böhm', Spend: '45.00' },
      'kunde8@umlaut.example': { Country: 'Österreich', Spend: '7.50' },
      'kunde9@umlaut.example': { Spend: '310.00', Visits: '8' },
    },
  },
];

for (const { file, customers } of EXPORTS) {
  test(`${file} is understood as it is`, async ({ importFilePage, importPage, customersPage }) => {
    await importFilePage.open();

    await importFilePage.importFile(sample(file));
    await importPage.says('completed');

    await importPage.counts({ read: 10, inserted: 10 });
    await customersPage.open();
    await customersPage.totals(10);
    for (const [email, cells] of Object.entries(customers)) {
      for (const [column, value] of Object.entries(cells) as [Column, string][]) {
        const cell = customersPage.cell(customersPage.row(email), column);
        const moment = column === 'Last visit' && value !== '–';
        if (moment) await expect(cell.locator('time'), email).toHaveAttribute('datetime', value);
        else await expect(cell, `${column} of ${email}`).toHaveText(value);
      }
    }
  });
}
