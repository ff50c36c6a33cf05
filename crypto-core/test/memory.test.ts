import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import type { MemoryReport } from './memory-child.ts';

const child = fileURLToPath(new URL('memory-child.ts', import.meta.url));

// The search reads /proc.
describe.skipIf(process.platform !== 'linux')('the memory of a process', () => {
  let report: MemoryReport;

  beforeAll(() => {
    const output = execFileSync(process.execPath, ['--expose-gc', child, 'report'], {
      encoding: 'utf8',
    });
    report = JSON.parse(output);
  }, 120_000);

  test('is searched: a planted key is found, and no longer once it is zeroised', () => {
    expect(report.planted).toEqual({ before: 0, found: 1, zeroised: 0 });
    expect(report.scannedBytes).toBeGreaterThan(2 ** 24);
  });

  test('holds no copy of a data key where a collection moved it from', () => {
    expect(report.moved.held).toBeGreaterThanOrEqual(report.moved.made);
    expect(report.moved.erased).toBe(0);
  });

  test.each(['denial', 'expiry', 'eviction', 'close'])(
    'holds no DEK and no data key of ours after %s',
    (way) => {
      const found = report.ways.find((one) => one.way === way);
      if (found === undefined) throw new Error(`${way} was not tried`);
      const { held, gone, collected } = found;
      // A held data key is found, so the search works.
      expect(held.dataKey).toBeGreaterThan(0);
      // Our buffer is zeroised at once; OpenSSL's copy exists until it is collected.
      expect(gone.dataKey).toBeLessThan(held.dataKey);
      expect(gone.dek).toBe(0);
      expect(collected).toEqual({ dek: 0, dataKey: 0 });
    },
  );

  test('holds no DEK in the clear even while its data key is in use', () => {
    expect(report.ways.map(({ held }) => held.dek)).toEqual([0, 0, 0, 0]);
  });
});
