import { expect, test } from 'vitest';
import { unloggedGaps } from '../../lib/services/answers/unlogged-gaps.ts';
import type { LogPlace } from '../../lib/shared/log-place.ts';
import { gcpKey, vaultKey } from '../support/cloud-records.ts';
import { keyArn } from '../support/records.ts';

const used = (key: string) => [{ key, attempts: 7 }];
const gapOf = (key: string, ...places: LogPlace[]) => unloggedGaps(used(key), places)[0];

const aws = (region: string): LogPlace => ({ kind: 'cloudtrail', region });
const gcp = (project: string): LogPlace => ({ kind: 'cloud-logging', project });
const workspace = '8c2d1a54-0000-4000-8000-3f1e2d7c9b10';

test('a key whose Region, project or cloud nobody reads is not covered, and the fix names it', () => {
  expect(gapOf(keyArn, aws('us-east-1'), gcp('acme'))).toMatchObject({
    code: 'not-covered',
    evidence: expect.stringContaining('7 requests of the last day used arn:aws:kms:eu-central-1'),
    fix: expect.stringContaining('event history, eu-central-1'),
  });
  expect(gapOf(gcpKey, gcp('other'))).toMatchObject({
    code: 'not-covered',
    fix: expect.stringContaining('Google Cloud Logging, acme'),
  });
  expect(gapOf(vaultKey, aws('eu-central-1'))).toMatchObject({
    code: 'not-covered',
    fix: expect.stringContaining('az resource list --name acme-vault '),
  });
});

test('a key that is in none of the logs that should show it is named, with what to look at', () => {
  expect(gapOf(keyArn, aws('eu-central-1'))).toMatchObject({
    code: 'silent',
    fix: expect.stringContaining('aws sts get-caller-identity'),
  });
  expect(gapOf(gcpKey, gcp('acme'))).toMatchObject({
    code: 'silent',
    fix: expect.stringContaining('auditConfigs'),
  });
  expect(gapOf(vaultKey, { kind: 'azure-monitor', workspace })).toMatchObject({
    code: 'silent',
    evidence: expect.stringContaining('acme-vault.vault.azure.net'),
    fix: expect.stringContaining(`--workspace ${workspace}`),
  });
});

test('what is no key of a cloud has no log to be missing from', () => {
  expect(gapOf('local:one')).toBeUndefined();
  expect(gapOf('no key')).toBeUndefined();
});
