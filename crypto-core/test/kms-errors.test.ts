import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { KmsFaultKind } from '../src/index.ts';
import { awsFaultKind, awsRegionOf } from '../src/providers/aws.ts';
import { azureFaultKind } from '../src/providers/azure.ts';
import { gcpFaultKind } from '../src/providers/gcp.ts';

const page = readFileSync(new URL('../docs/kms-errors.md', import.meta.url), 'utf8');

/** The rows of the table under a heading. */
function rowsOf(heading: string) {
  const section = page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) => {
    const [, error = '', message = '', kind = '', , source = ''] = row
      .split('|')
      .map((cell) => cell.trim());
    return { error: error.replaceAll('`', ''), message, kind, source };
  });
}

const azureKind = (error: string): KmsFaultKind => {
  const [operation, httpStatus, code = '', innerCode] = error.split(' ');
  if (operation !== 'wrapKey' && operation !== 'unwrapKey')
    throw new Error(`no operation: ${error}`);
  return azureFaultKind({ operation, httpStatus: Number(httpStatus), code, innerCode });
};

const gcpKind = (error: string, message: string): KmsFaultKind => {
  const [status = '', reason] = error.split(' ');
  return gcpFaultKind({ status, reason, message });
};

describe.each([
  ['AWS KMS', awsFaultKind],
  ['Google Cloud KMS', gcpKind],
  ['Azure Key Vault and Managed HSM', azureKind],
] as const)('docs/kms-errors.md, %s', (heading, kindOf) => {
  const rows = rowsOf(heading);

  test.each(rows.map((row) => [row.error, row.message, row.kind] as const))(
    'of %s "%s" says what the provider does: %s',
    (error, message, kind) => {
      expect(kindOf(error, message)).toBe(kind);
    },
  );

  test('names the source of each row, and explains each kind', () => {
    expect(rows.length).toBeGreaterThanOrEqual(20);
    for (const { source } of rows) expect(source).toMatch(/^\[/);
    expect(new Set(rows.map(({ kind }) => kind))).toEqual(
      new Set(['denied', 'wrong-key', 'outage']),
    );
    const sources = page.split(`## ${heading}\n`)[1]?.split('| error |')[0] ?? '';
    for (const { source } of rows)
      for (const [name] of source.matchAll(/\[[^\]]+\]/g)) expect(sources).toContain(name);
  });
});

test('what the page does not list is an outage', () => {
  expect(awsFaultKind('SomethingNewException', 'access denied, disabled')).toBe('outage');
  expect(gcpKind('DATA_LOSS KEY_DISABLED', 'x is not enabled, current state is: DISABLED.')).toBe(
    'outage',
  );
  expect(azureKind('unwrapKey 418 Forbidden KeyDisabled')).toBe('outage');
});

test('a region is read from an ARN of any partition, and nothing else has one', () => {
  expect(awsRegionOf('arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1')).toBe('us-gov-west-1');
  for (const other of ['alias/x', 'arn:aws:s3:::bucket', 'local:key/1', ''])
    expect(() => awsRegionOf(other)).toThrow(TypeError);
});
