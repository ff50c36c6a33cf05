import { describe, expect, test } from 'vitest';
import { coverageView } from '../../lib/services/coverage.ts';

const hourMs = 3_600_000;
const source = {
  id: 'cloudtrail:1:us-east-1',
  kind: 'cloudtrail',
  status: 'ok',
  message: null,
  cursorAt: 5 * hourMs,
  polledAt: 5 * hourMs,
  coveredUntil: 4 * hourMs,
  lagMs: null,
};

describe('the coverage of a source', () => {
  test('is as it was read, for an hour', () => {
    expect(coverageView(source, 6 * hourMs)).toMatchObject({ status: 'ok', message: null });
  });

  test('is behind once nobody reads it, and says what to do', () => {
    const { status, message } = coverageView(source, 6 * hourMs + 1);
    expect(status).toBe('behind');
    expect(message).toContain('start the dashboard with access to it');
  });

  test('keeps a failure’s own words, and files are never behind', () => {
    const failed = { ...source, status: 'failed', message: 'No access.' };
    expect(coverageView(failed, 9 * hourMs)).toMatchObject({
      status: 'failed',
      message: 'No access.',
    });
    const file = { ...source, kind: 'file', status: 'file', polledAt: null };
    expect(coverageView(file, 9 * hourMs).status).toBe('file');
  });
});
