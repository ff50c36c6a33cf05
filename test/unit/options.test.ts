import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  choiceOption,
  countOption,
  delayOption,
  delaysOption,
  instantOption,
  parseOptions,
  spanOption,
  WrongUse,
} from '../../lib/cli/options.ts';
import { parseEnv } from '../../lib/env.ts';

describe('the environment', () => {
  const whole = {
    DATABASE_URL: 'postgresql://me@db/keytide',
    KEYTIDE_INGEST_TOKEN: '0123456789abcdef',
    KEYTIDE_CLOUDTRAIL_REGION: 'us-gov-west-1',
    KEYTIDE_CLOUDTRAIL_BUCKET: 's3://acme-trail/logs/AWSLogs/o-abc123/200000000001',
    KEYTIDE_CLOUDTRAIL_LAKE: '8c2d1a54-0000-4000-8000-3f1e2d7c9b11',
    KEYTIDE_AUDIT_FOLDER: '/var/log/audit',
    KEYTIDE_GOOGLE_PROJECT: 'acme-prod',
    KEYTIDE_AZURE_WORKSPACE: '8c2d1a54-0000-4000-8000-3f1e2d7c9b10',
    KEYTIDE_AZURE_CONTAINER: 'https://acme.blob.core.windows.net/insights-logs-auditevent',
    KEYTIDE_SANDBOX_URL: 'http://127.0.0.1:4000',
    KEYTIDE_SANDBOX_TOKEN: 'fedcba9876543210',
  };

  test('is taken as it is, and nothing of it is required', () => {
    expect(parseEnv({ ...whole, PATH: '/bin' })).toEqual(whole);
    expect(parseEnv({})).toEqual({});
  });

  test('the retention is a whole number of days, 0 included', () => {
    expect(parseEnv({ KEYTIDE_RETENTION_DAYS: '30' })).toEqual({ KEYTIDE_RETENTION_DAYS: 30 });
    const [arn, google] = ['arn:aws:kms:eu-west-1:111122223333:key/1', 'gcp-kms:projects/p'];
    expect(parseEnv({ KEYTIDE_TEST_KEYS: `${arn}, ${google}` })).toEqual({
      KEYTIDE_TEST_KEYS: [arn, google],
    });
    expect(() => parseEnv({ KEYTIDE_TEST_KEYS: 'all' })).toThrow('KEYTIDE_TEST_KEYS must be ARNs');
    expect(parseEnv({ KEYTIDE_RETENTION_DAYS: '0' })).toEqual({ KEYTIDE_RETENTION_DAYS: 0 });
  });

  test('an empty variable counts as absent', () => {
    expect(parseEnv({ DATABASE_URL: '', KEYTIDE_INGEST_TOKEN: '' })).toEqual({});
  });

  test('every fault is named at once, and no value of a secret is', () => {
    const broken = {
      DATABASE_URL: 'mysql://root:hidden@db/x',
      KEYTIDE_INGEST_TOKEN: 'short-secret',
      KEYTIDE_CLOUDTRAIL_REGION: 'Frankfurt',
      KEYTIDE_CLOUDTRAIL_BUCKET: 'acme-trail',
      KEYTIDE_GOOGLE_PROJECT: 'Acme Prod',
      KEYTIDE_AZURE_WORKSPACE: 'mine',
      KEYTIDE_AZURE_CONTAINER: 'acme',
      KEYTIDE_RETENTION_DAYS: '1.5',
      KEYTIDE_SANDBOX_URL: 'nowhere',
    };
    expect(() => parseEnv(broken)).toThrow(Error);
    const message = faultOf(() => parseEnv(broken));
    for (const name of Object.keys(broken)) expect(message).toContain(name);
    expect(message).not.toMatch(/hidden|short-secret/);
  });
});

describe('options of the command', () => {
  const schema = z.object({
    ttl: spanOption.optional(),
    port: countOption({ min: 1, max: 3 }).optional(),
    workspacesMod: countOption({ min: 0, max: 3 }).optional(),
    deks: choiceOption(['shared', 'private']).optional(),
    to: instantOption.optional(),
    propagation: delayOption('24h').optional(),
    logDelay: delaysOption('15m').optional(),
  });
  const read = (words: object) => parseOptions(schema, words);

  test('are read within their bounds, and what is not given stays absent', () => {
    expect(read({ ttl: '1h', port: '1' })).toEqual({ ttl: 3_600_000, port: 1 });
    expect(read({ port: '3', deks: 'private' })).toEqual({ port: 3, deks: 'private' });
    expect(read({ to: '2026-11-23T12:00Z' })).toEqual({ to: Date.UTC(2026, 10, 23, 12) });
  });

  test('a delay may be none, and one that varies has two ends', () => {
    expect(read({ propagation: '0', logDelay: '0' })).toEqual({
      propagation: 0,
      logDelay: { min: 0, max: 0 },
    });
    expect(read({ propagation: '24h', logDelay: '30s-15m' })).toEqual({
      propagation: 86_400_000,
      logDelay: { min: 30_000, max: 900_000 },
    });
  });

  test.each([
    ['delay', { propagation: '25h' }, '--propagation 25h must be a span of 24h at most'],
    ['delay below none', { propagation: '-1s' }, '--propagation -1s'],
    ['range backwards', { logDelay: '9m-1m' }, '--log-delay 9m-1m must be'],
    ['range of three', { logDelay: '1m-2m-3m' }, '--log-delay 1m-2m-3m'],
    ['range too long', { logDelay: '1m-16m' }, '--log-delay 1m-16m'],
    ['range without an end', { logDelay: '1m-' }, '--log-delay 1m-'],
    ['span', { ttl: 'soon' }, '--ttl soon'],
    ['count of zero', { port: '0' }, 'from 1 to 3'],
    ['count too high', { port: '4' }, 'from 1 to 3'],
    ['fraction', { port: '1.5' }, '--port 1.5'],
    ['empty count', { workspacesMod: '' }, '--workspaces-mod '],
    ['hexadecimal', { port: '0x1' }, '--port 0x1'],
    ['choice', { deks: 'own' }, 'shared, private'],
    ['time', { to: 'tomorrow' }, '--to tomorrow'],
  ])('a wrong %s is wrong use and names the option', (_name, given, words) => {
    expect(() => read(given)).toThrow(WrongUse);
    expect(faultOf(() => read(given))).toContain(words);
  });
});

function faultOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return '';
}
