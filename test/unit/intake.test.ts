import { expect, test } from 'vitest';
import { findRecords } from '../../lib/sources/cloudtrail/find-records.ts';
import { Intake } from '../../lib/sources/intake.ts';
import { azureRow, gcpEntry } from '../support/cloud-records.ts';

function taken(records: readonly object[]) {
  const intake = new Intake('log.json');
  for (const record of records) for (const one of findRecords(record)) intake.take(one);
  return intake.drain({ last: true });
}

test('a record from a distant future is named and counted, and the rest goes in', () => {
  const future = '2099-01-01T00:00:00.000000000Z';
  const { records, items, rejected } = taken([
    gcpEntry({ insertId: 'now' }),
    gcpEntry({ insertId: 'then', timestamp: future }),
    azureRow(),
  ]);
  expect(records).toBe(3);
  expect(items).toHaveLength(2);
  expect(rejected).toEqual([
    {
      file: 'log.json',
      offset: 1,
      code: 'time',
      reason: expect.stringContaining('2099-01-01T00:00:00.000Z, lies more than a year ahead'),
    },
  ]);
});
