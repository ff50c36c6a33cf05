import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseEnvelope } from '../src/index.ts';
import { codeOf, coldPeer, forgedEnvelope, harness, outcomes } from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');

/** The envelope with another key URI of the same length. The KMS still unwraps its eDEK. */
function withOtherUri(envelope: Uint8Array): Buffer {
  const changed = Buffer.from(envelope);
  changed[54] = 0x78;
  return changed;
}

describe('an envelope forged with the id of a cached DEK', () => {
  test('and another eDEK makes no KMS call, evicts nothing and fails to authenticate', async () => {
    const { engine, kms } = harness();
    const envelope = await engine.encrypt(plaintext, { workspace });
    const { dekId } = parseEnvelope(envelope);
    const forged = forgedEnvelope({ kms, workspace, dekId, plaintext });
    const before = { seen: kms.seen.length, snapshot: engine.snapshot() };
    expect(await codeOf(engine.decrypt(forged, { workspace }))).toBe('authentication-failed');
    expect({ seen: kms.seen.length, snapshot: engine.snapshot() }).toEqual(before);
    expect(await engine.decrypt(envelope, { workspace })).toEqual(plaintext);
  });

  test('of another workspace leaves that workspace alone', async () => {
    const { engine, kms } = harness();
    const envelope = await engine.encrypt(plaintext, { workspace });
    const { dekId } = parseEnvelope(envelope);
    const theirs = Buffer.from('theirs');
    const forged = forgedEnvelope({ kms, workspace: 'other', dekId, plaintext: theirs });
    expect(await engine.decrypt(forged, { workspace: 'other' })).toEqual(theirs);
    expect(await engine.decrypt(envelope, { workspace })).toEqual(plaintext);
    expect(await engine.decrypt(forged, { workspace: 'other' })).toEqual(theirs);
    expect(outcomes(engine)).toMatchObject({ 'decrypt hit': 2, 'decrypt miss': 1 });
  });
});

describe('a tampered envelope whose DEK is loaded', () => {
  test('does not keep the genuine ones from opening', async () => {
    const made = harness();
    const envelope = await made.engine.encrypt(plaintext, { workspace });
    const { engine } = coldPeer(made);
    expect(await codeOf(engine.decrypt(withOtherUri(envelope), { workspace }))).toBe(
      'authentication-failed',
    );
    expect(await engine.decrypt(envelope, { workspace })).toEqual(plaintext);
  });

  test('puts nothing of its header into envelopes sealed afterwards', async () => {
    const made = harness();
    const envelope = await made.engine.encrypt(plaintext, { workspace });
    const { engine } = coldPeer(made);
    await codeOf(engine.decrypt(withOtherUri(envelope), { workspace }));
    const next = await engine.encrypt(plaintext, { workspace });
    const { header } = parseEnvelope(envelope);
    expect(Buffer.compare(parseEnvelope(next).header, header)).toBe(0);
    expect(await made.engine.decrypt(next, { workspace })).toEqual(plaintext);
  });

  test('under a DEK of its own never becomes what this workspace seals with', async () => {
    const made = harness();
    const envelope = await made.engine.encrypt(plaintext, { workspace });
    const { engine, kms } = coldPeer(made);
    const { dekId } = parseEnvelope(envelope);
    const forged = forgedEnvelope({ kms, workspace, dekId, plaintext: randomBytes(3) });
    await engine.decrypt(forged, { workspace });
    const next = await engine.encrypt(plaintext, { workspace });
    expect(await made.engine.decrypt(next, { workspace })).toEqual(plaintext);
  });

  test("presented by another workspace neither joins nor refuses the owner's load", async () => {
    const made = harness();
    const envelope = await made.engine.encrypt(plaintext, { workspace });
    const { engine } = coldPeer(made);
    const [stranger, owner] = await Promise.allSettled([
      engine.decrypt(envelope, { workspace: 'other' }),
      engine.decrypt(envelope, { workspace }),
    ]);
    expect(stranger).toMatchObject({ reason: { code: 'authentication-failed' } });
    expect(owner).toMatchObject({ value: plaintext });
    expect(await codeOf(engine.decrypt(envelope, { workspace: 'other' }))).toBe(
      'authentication-failed',
    );
    expect(await engine.decrypt(envelope, { workspace })).toEqual(plaintext);
  });
});
