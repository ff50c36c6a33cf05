import { describe, expect, test } from 'vitest';
import {
  coverageOf,
  coverageView,
  filesAlone,
  wholeUntil,
} from '../../lib/services/answers/coverage.ts';

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

describe('files alone', () => {
  const file = { ...source, id: 'files', kind: 'file', status: 'file', polledAt: null };

  test('are whole where they end: nothing more of them is to come', () => {
    expect(filesAlone([file])).toBe(true);
    expect(coverageOf([file])).toBe(4 * hourMs);
    expect(wholeUntil([file])).toBe(Number.POSITIVE_INFINITY);
  });

  test('beside a live source are not alone, and no source is none', () => {
    expect(filesAlone([file, source])).toBe(false);
    expect(wholeUntil([file, source])).toBe(4 * hourMs);
    expect([filesAlone([]), wholeUntil([])]).toEqual([false, null]);
  });
});

test('files tell how far the log is read as long as no live source has been', () => {
  const file = { ...source, id: 'files', kind: 'file', status: 'file', polledAt: null };
  const unreached = { ...source, status: 'failed', coveredUntil: null };
  expect(coverageOf([unreached, file])).toBe(4 * hourMs);
  expect(coverageOf([unreached])).toBe(null);
});

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
