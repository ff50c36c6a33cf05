/** Runs in its own process: fills an engine's cache and prints by how many bytes the process grew. */
import { createSecretKey, randomBytes, randomFillSync } from 'node:crypto';
import { expandDek, NoncePool, seal } from '../src/cipher.ts';
import { createEngine, serializeHeader } from '../src/index.ts';

const deks = Number(process.argv[2]);
const workspace = 'acme';
const keyUri = 'arn:aws:kms:eu-central-1:111122223333:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';
const context = Buffer.concat([
  Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, workspace.length]),
  Buffer.from(workspace),
]);
/** As long as an eDEK of AWS. Its last 32 bytes are the DEK, because this KMS does not encrypt. */
const edekBytes = 184;
const perBatch = 5_000;
const nonces = new NoncePool(randomFillSync);

function freshEnvelope(at: number): Buffer {
  const dek = randomBytes(32);
  const dekId = randomBytes(16);
  dekId.writeUIntBE(at, 0, 6);
  const edek = Buffer.concat([randomBytes(edekBytes - 32), dek]);
  const { dataKey, commitment } = expandDek(dek, dekId);
  const header = serializeHeader({ dekId, commitment, keyUri, edek });
  const key = createSecretKey(dataKey);
  return seal({ header, key, context, plaintext: Buffer.from('x'), nonces });
}

/** The process's resident bytes after a short rest. */
async function settledBytes(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return process.memoryUsage.rss();
}

const engine = createEngine({
  provider: {
    name: 'bench',
    wrap: async (dek) => ({ bytes: Buffer.from(dek) }),
    unwrap: async (edek) => ({ bytes: Buffer.from(edek.subarray(-32)) }),
  },
  keyFor: () => keyUri,
  policy: { deks: 'private', ttlMs: 86_400_000 },
  process: 'bench',
});
const fill = async (count: number) => {
  for (let n = 0; n < count; n += 1) await engine.decrypt(freshEnvelope(n), { workspace });
};
// Code and pools of the runtime are not counted as the cache's.
await fill(500);
const before = await settledBytes();
for (let left = deks; left > 0; left -= perBatch) {
  await fill(Math.min(left, perBatch));
  await settledBytes();
}
const after = await settledBytes();
const held = engine.snapshot().deks.length;
if (held !== deks + 500) throw new Error(`the engine holds ${held} DEKs`);
process.stdout.write(String(after - before));
await engine.close();
