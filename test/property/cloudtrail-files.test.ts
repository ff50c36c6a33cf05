import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findRecords } from '../../lib/sources/cloudtrail/find-records.ts';
import { parseCloudTrail } from '../../lib/sources/cloudtrail/parse.ts';
import { jsonFault } from '../../lib/sources/files/json-fault.ts';
import { JsonValues } from '../../lib/sources/files/json-values.ts';
import { readAuditFiles } from '../../lib/sources/files/read-records.ts';

let root = '';
let runs = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'keytide-property-'));
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

async function collect<T>(from: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of from) all.push(one);
  return all;
}

/** Writes the files into a folder of their own and gives their paths. */
function write(contents: readonly (string | Buffer)[]): string[] {
  const folder = join(root, String(runs++));
  mkdirSync(folder);
  return contents.map((content, index) => {
    const path = join(folder, String(index));
    writeFileSync(path, content);
    return path;
  });
}

const anyField = fc.oneof(fc.jsonValue(), fc.string(), fc.constant(null));
const event = fc.record({
  eventSource: fc.constant('kms.amazonaws.com'),
  eventID: fc.uuid(),
  eventName: fc.constantFrom('Encrypt', 'Decrypt', 'DescribeKey'),
  eventTime: fc
    .date({ min: new Date('2007-01-01'), max: new Date('2026-11-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  userAgent: fc.string({ unit: 'binary' }),
  requestParameters: fc.option(fc.dictionary(fc.string(), fc.jsonValue())),
});

/** Nearly a record: known names, any content. */
const nearly = fc.record(
  {
    eventSource: fc.constantFrom<unknown>('kms.amazonaws.com', 's3.amazonaws.com', 7),
    eventID: fc.oneof(fc.uuid(), anyField),
    eventName: fc.oneof(fc.constant('Decrypt'), anyField),
    eventTime: fc.oneof(fc.constant('2025-03-05T21:19:44Z'), fc.double(), anyField),
    userIdentity: fc.oneof(
      fc.record(
        { type: anyField, principalId: anyField, arn: anyField, sessionContext: anyField },
        { requiredKeys: [] },
      ),
      anyField,
    ),
    requestParameters: fc.oneof(
      fc.record({ keyId: anyField, encryptionContext: anyField }),
      anyField,
    ),
    resources: fc.oneof(fc.array(fc.oneof(fc.record({ ARN: anyField }), anyField)), anyField),
    serviceEventDetails: anyField,
    userAgent: anyField,
    eventType: anyField,
    recipientAccountId: anyField,
    awsRegion: anyField,
  },
  { requiredKeys: [] },
);

test('parsing never throws and always says what became of a record', () => {
  fc.assert(
    fc.property(fc.oneof(nearly, fc.jsonValue()), (value) => {
      const parsed = parseCloudTrail(value);
      if (parsed.kind === 'record') {
        expect(Number.isInteger(parsed.record.at)).toBe(true);
        expect(parsed.record.eventId).not.toBe('');
      } else expect(parsed.reason).not.toBe('');
      for (const { parsed: member } of findRecords({ Events: [value], Records: value })) {
        expect(['record', 'ignored', 'rejected']).toContain(member.kind);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a record gives the same whichever container carries it', async () => {
  await fc.assert(
    fc.asyncProperty(event, async (value) => {
      const json = JSON.stringify(value);
      const wrapped = [
        json,
        `[${json}]`,
        `{"Records":[${json}]}`,
        `{"Events":[{"EventId":"x","CloudTrailEvent":${JSON.stringify(json)}}]}`,
        `${json}\n${json}\n`,
      ];
      const contents = wrapped.flatMap((text) => [text, `\uFEFF${text}\r\n`, gzipSync(text)]);
      const expected = parseCloudTrail(value);
      for await (const { items, rejected } of readAuditFiles(write(contents))) {
        expect(rejected).toEqual([]);
        expect(items.length).toBeGreaterThan(0);
        for (const record of items) expect({ kind: 'record', record }).toEqual(expected);
      }
    }),
    { numRuns: 40 },
  );
});

test('the order of files does not change what they give', async () => {
  const content = fc.oneof(
    fc.array(event, { maxLength: 3 }).map((Records) => JSON.stringify({ Records })),
    fc.json(),
    fc.string(),
  );
  const shuffled = fc
    .array(content, { minLength: 1, maxLength: 5 })
    .chain((contents) =>
      fc.tuple(
        fc.constant(contents),
        fc.shuffledSubarray([...contents.keys()], { minLength: contents.length }),
      ),
    );
  await fc.assert(
    fc.asyncProperty(shuffled, async ([contents, order]) => {
      const paths = write(contents);
      const plain = await collect(readAuditFiles(paths));
      const mixed = await collect(readAuditFiles(order.map((index) => paths[index] ?? '')));
      expect(mixed).toEqual(order.map((index) => plain[index]));
    }),
    { numRuns: 40 },
  );
});

/**
 * JSON with one byte put in, taken out or replaced, or cut short: often, but not always, broken.
 */
const damaged = fc
  .tuple(fc.json(), fc.nat(), fc.constantFrom(...'{}[]",:\\x0-. \n'), fc.nat({ max: 3 }))
  .map(([json, position, character, kind]) => {
    const at = position % (json.length + 1);
    if (kind === 0) return json.slice(0, at) + character + json.slice(at);
    if (kind === 1) return json.slice(0, at) + json.slice(at + 1);
    return kind === 2 ? json.slice(0, at) + character + json.slice(at + 1) : json.slice(0, at);
  });

test('a fault is found exactly where the engine finds one', () => {
  fc.assert(
    fc.property(damaged, (text) => {
      const bytes = Buffer.from(text);
      const fault = jsonFault(bytes);
      let message: string | null = null;
      try {
        JSON.parse(bytes.toString());
      } catch (cause) {
        message = String(cause);
      }
      expect(fault === null).toBe(message === null);
      const position = /at position (\d+)/.exec(message ?? '')?.[1];
      if (!fault) return;
      if (position !== undefined) {
        const before = bytes.toString().slice(0, Number(position));
        expect(fault.offset).toBe(Buffer.byteLength(before));
      }
      // What stands before a fault may still become JSON; with the byte at the fault it may not.
      const until = jsonFault(bytes.subarray(0, fault.offset));
      expect(until?.what ?? 'ends-early').toBe('ends-early');
      if (fault.what === 'ends-early') expect(fault.offset).toBe(bytes.length);
      else expect(jsonFault(bytes.subarray(0, fault.offset + 1))).toEqual(fault);
    }),
    { numRuns: 5000 },
  );
});

/** Values back to back, on lines or in one document, with damage and other text between. */
const files = fc
  .array(fc.oneof(fc.json(), damaged, fc.string(), fc.constant('{"Records":[{"a":1},{"b":2}]}')))
  .chain((parts) => fc.constantFrom('', '\n', ' ').map((between) => parts.join(between)));

function documents(bytes: Buffer, cuts: readonly number[], valueBytesMax?: number) {
  const reader = new JsonValues(valueBytesMax === undefined ? {} : { valueBytesMax });
  const all = [];
  let from = 0;
  for (const cut of [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  )) {
    all.push(...reader.push(bytes.subarray(from, cut)));
    from = cut;
  }
  return [...all, ...reader.end()];
}

test('what a file’s bytes are cut into changes nothing of what is read', () => {
  fc.assert(
    fc.property(files, fc.array(fc.nat()), (text, cuts) => {
      const bytes = Buffer.from(text);
      const whole = documents(bytes, []);
      expect(documents(bytes, cuts)).toEqual(whole);
      for (const document of whole) {
        if (document.kind !== 'value') expect(document.offset).toBeLessThanOrEqual(bytes.length);
      }
    }),
    { numRuns: 1500 },
  );
});

test('the members of a document too large to be held are read one by one', () => {
  const member = fc.record({ name: fc.string(), list: fc.array(fc.nat()) });
  fc.assert(
    fc.property(
      fc.array(member, { minLength: 30, maxLength: 60 }),
      fc.array(fc.nat()),
      (all, cuts) => {
        const bytes = Buffer.from(JSON.stringify({ Records: all }));
        const members = documents(bytes, cuts, 400).flatMap((one) => {
          const value = one.kind === 'value' ? JSON.parse(one.text) : one;
          // What came in one piece is given as it is.
          return value.Records ?? [value];
        });
        expect(members).toEqual(all);
      },
    ),
    { numRuns: 200 },
  );
});
