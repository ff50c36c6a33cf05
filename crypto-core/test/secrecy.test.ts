import { hkdfSync } from 'node:crypto';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { metricsRequest, traceRequest } from '../src/telemetry/otlp-json.ts';
import { coldPeer, harness, hourMs, minuteMs } from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('plaintext-of-the-body');
const context = { rowName: 'context-value-one', other: 'context-value-two' };

/** The forms in which bytes could leak into text. */
const spellings = (bytes: Buffer): string[] => [
  bytes.toString('hex'),
  bytes.toString('base64').replace(/=+$/, ''),
  bytes.toString('base64url'),
  [...bytes].join(','),
  inspect(bytes).replace(/<Buffer |>|\.\.\..*/g, ''),
];

// Long: one scene told in order.
test('neither DEKs, plaintext nor context values are in snapshots, errors or telemetry', async () => {
  const writer = harness({ policy: { dekRotationMs: minuteMs } });
  const { engine, kms, runtime, sink } = writer;
  const binding = { workspace, context };
  const errors: unknown[] = [];
  const fails = async (work: Promise<unknown>) => {
    errors.push(
      await work.then(
        () => expect.unreachable(),
        (error: unknown) => error,
      ),
    );
  };
  const envelope = await engine.encrypt(plaintext, binding);
  await engine.message({ workspace, tag: 'tag' }, (message) => message.decrypt(envelope, context));
  await fails(engine.decrypt(envelope, { workspace, context: { ...context, other: 'x' } }));
  const cut = envelope.subarray(0, -1);
  await fails(engine.decrypt(cut, binding));
  const peer = coldPeer(writer);
  kms.next('Decrypt', 'wrong-key');
  await fails(peer.engine.decrypt(envelope, binding));
  runtime.advance(minuteMs);
  kms.next('Decrypt', 'denied');
  await fails(peer.engine.decrypt(envelope, binding));
  kms.always('Encrypt', 'outage');
  await fails(coldPeer(writer, { keyFor: () => 'local:key/2' }).engine.encrypt(plaintext, binding));
  runtime.advance(hourMs);
  kms.always('Decrypt', 'outage');
  await fails(engine.decrypt(envelope, binding));
  kms.always('Encrypt', 'denied');
  await engine.validate(workspace);
  kms.always('Decrypt', undefined);
  await peer.engine.decrypt(envelope, binding);

  const rollUps = [engine.takeRollUp(), peer.engine.takeRollUp()].filter(
    (one) => one !== undefined,
  );
  const dropped = { spans: 0, rollups: 0 };
  const told = [
    engine.snapshot(),
    peer.engine.snapshot(),
    engine.totals(),
    rollUps,
    sink.calls,
    peer.sink.calls,
    traceRequest(engine, [...sink.calls, ...peer.sink.calls]),
    metricsRequest(
      engine,
      rollUps.map((rollUp) => ({ rollUp, dropped })),
    ),
  ];
  const text = [
    ...told.map((value) => JSON.stringify(value)),
    ...told.map((value) => inspect(value, { depth: 20, maxArrayLength: 1_000 })),
    ...errors.map((error) => inspect(error, { depth: 20, showHidden: true })),
    // Logging an engine must not log its keys.
    inspect(engine, { depth: 20, showHidden: true }),
    JSON.stringify(engine),
    ...kms.seen.map(({ claim }) => claim),
  ].join('\n');

  expect(errors).toHaveLength(6);
  expect(text).toContain('load.after-denial');
  expect(kms.plaintexts.length).toBeGreaterThan(0);
  const dekIds = kms.seen.map((call) => Buffer.from(call.context.dekId, 'hex'));
  const dataKeys = kms.plaintexts.flatMap((dek) =>
    dekIds.map((id) => Buffer.from(hkdfSync('sha512', dek, id, 'keytide/v1', 64)).subarray(0, 32)),
  );
  for (const secret of [...kms.plaintexts, ...dataKeys, plaintext]) {
    for (const spelling of spellings(secret)) expect(text).not.toContain(spelling);
  }
  for (const value of [String(plaintext), ...Object.values(context)]) {
    expect(text).not.toContain(value);
  }
});
