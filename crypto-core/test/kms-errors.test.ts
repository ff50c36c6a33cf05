import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { awsFaultKind, awsRegionOf } from '../src/providers/aws.ts';

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

describe('docs/kms-errors.md', () => {
  const aws = rowsOf('AWS KMS');

  test.each(aws.map((row) => [row.error, row.message, row.kind] as const))(
    'of %s "%s" says what the AWS provider does: %s',
    (error, message, kind) => {
      expect(awsFaultKind(error, message)).toBe(kind);
    },
  );

  test('names the source of each row, and explains each kind', () => {
    expect(aws.length).toBeGreaterThan(20);
    for (const { source } of aws) expect(source).toMatch(/^\[/);
    expect(new Set(aws.map(({ kind }) => kind))).toEqual(
      new Set(['denied', 'wrong-key', 'outage']),
    );
  });

  test('what it does not list is an outage', () => {
    expect(awsFaultKind('SomethingNewException', 'access denied, disabled')).toBe('outage');
  });
});

test('a region is read from an ARN of any partition, and nothing else has one', () => {
  expect(awsRegionOf('arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1')).toBe('us-gov-west-1');
  for (const other of ['alias/x', 'arn:aws:s3:::bucket', 'local:key/1', ''])
    expect(() => awsRegionOf(other)).toThrow(TypeError);
});
