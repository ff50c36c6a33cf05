/**
 * The engine and its peers, each sealing and opening one body: raw AES-256-GCM, and AWS's Encryption SDK with its
 * caching CMM and with its hierarchical keyring.
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  randomBytes,
  randomFillSync,
} from 'node:crypto';
import { createEngine, memoryDirectory, parseEnvelope, type TelemetrySink } from '../src/index.ts';
import { localProvider } from '../src/providers/local.ts';
import type { Work } from './windows.ts';

/** Work on a body of one size. */
export interface Contender {
  seal: Work;
  open: Work;
}

const keyUri = 'arn:aws:kms:eu-central-1:111122223333:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';
export const binding = { workspace: 'acme', context: { row: '7' } };

export function engineOf(telemetry: readonly TelemetrySink[] = []) {
  return createEngine({
    provider: localProvider({ secret: randomBytes(32) }),
    directory: memoryDirectory(),
    keyFor: () => keyUri,
    process: 'bench',
    telemetry,
  });
}

export async function oursOf(engine: BenchEngine, plaintext: Buffer): Promise<Contender> {
  const { bound, envelope } = await boundTo(engine, plaintext);
  return {
    seal: async (times) => {
      for (let n = 0; n < times; n += 1) await bound.encrypt(plaintext);
    },
    open: async (times) => {
      for (let n = 0; n < times; n += 1) await bound.decrypt(envelope);
    },
  };
}

/** The engine without a promise, as a caller with many messages would use it. */
export async function heldOf(engine: BenchEngine, plaintext: Buffer): Promise<Contender> {
  const { bound, envelope } = await boundTo(engine, plaintext);
  return {
    seal: async (times) => {
      for (let n = 0; n < times; n += 1)
        bound.encryptHeld(plaintext) ?? (await bound.encrypt(plaintext));
    },
    open: async (times) => {
      for (let n = 0; n < times; n += 1)
        bound.decryptHeld(envelope) ?? (await bound.decrypt(envelope));
    },
  };
}

type BenchEngine = ReturnType<typeof engineOf>;

async function boundTo(engine: BenchEngine, plaintext: Buffer) {
  const bound = engine.bind(binding);
  return { bound, envelope: await bound.encrypt(plaintext) };
}

/** How many bytes the engine authenticates besides the body: its header, workspace and context. */
export async function aadBytesOf(engine: ReturnType<typeof engineOf>): Promise<number> {
  const { header } = parseEnvelope(await engine.encrypt(Buffer.alloc(1), binding));
  const texts = ['', binding.workspace, ...Object.entries(binding.context).flat()];
  return header.length + 4 + texts.reduce((sum, text) => sum + 4 + text.length, 0);
}

const nonceBytes = 12;
const tagBytes = 16;
const tagLength = { authTagLength: tagBytes };

/**
 * The straight code for one message over `node:crypto`: a KeyObject, nonces from a pool, as many bytes of AAD as the
 * engine's, and one buffer of nonce, ciphertext and tag. Each as an async function and as a plain one.
 */
export function rawOf(
  plaintext: Buffer,
  aadBytes: number,
): { awaited: Contender; atOnce: Contender } {
  const key = createSecretKey(randomBytes(32));
  const aad = randomBytes(aadBytes);
  const pool = Buffer.alloc(nonceBytes * 512);
  let at = pool.length;
  const nextNonce = () => {
    if (at === pool.length) {
      randomFillSync(pool);
      at = 0;
    }
    at += nonceBytes;
    return pool.subarray(at - nonceBytes, at);
  };
  const seal = () => {
    const nonce = nextNonce();
    const cipher = createCipheriv('aes-256-gcm', key, nonce, tagLength);
    cipher.setAAD(aad);
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    return Buffer.concat([nonce, ciphertext, cipher.getAuthTag()]);
  };
  const open = (sealed: Buffer) => {
    const nonce = sealed.subarray(0, nonceBytes);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, tagLength);
    decipher.setAAD(aad);
    decipher.setAuthTag(sealed.subarray(-tagBytes));
    const opened = decipher.update(sealed.subarray(nonceBytes, -tagBytes));
    decipher.final();
    return opened;
  };
  const sealed = seal();
  const atOnce: Contender = {
    seal: (times) => {
      for (let n = 0; n < times; n += 1) seal();
    },
    open: (times) => {
      for (let n = 0; n < times; n += 1) open(sealed);
    },
  };
  const sealAsync = async () => seal();
  const openAsync = async () => open(sealed);
  const awaited: Contender = {
    seal: async (times) => {
      for (let n = 0; n < times; n += 1) await sealAsync();
    },
    open: async (times) => {
      for (let n = 0; n < times; n += 1) await openAsync();
    },
  };
  return { awaited, atOnce };
}

interface Cmm {
  encrypt(cmm: object, plaintext: Buffer, options: object): Promise<{ result: Buffer }>;
  decrypt(cmm: object, message: Buffer): Promise<unknown>;
}

/** The part of `@aws-crypto/client-node` that is used. Only this benchmark needs it, and runs without it too. */
interface Esdk {
  buildClient(policy: unknown): Cmm;
  CommitmentPolicy: Record<string, unknown>;
  AlgorithmSuiteIdentifier: Record<string, unknown>;
  RawAesWrappingSuiteIdentifier: Record<string, unknown>;
  RawAesKeyringNode: new (options: object) => object;
  NodeCachingMaterialsManager: new (options: object) => object;
  getLocalCryptographicMaterialsCache(capacity: number): object;
  KmsHierarchicalKeyRingNode: new (options: object) => object;
  BranchKeyStoreNode: new (options: object) => object;
  EncryptedHierarchicalKey: new (context: object, ciphertext: Uint8Array) => object;
}

export async function loadEsdk(): Promise<Esdk | undefined> {
  // Not literals, so that types can be checked without these packages.
  const [client, store]: string[] = ['@aws-crypto/client-node', '@aws-crypto/branch-keystore-node'];
  try {
    const types = new URL('build/main/src/types.js', import.meta.resolve(`${store}/package.json`));
    return { ...(await import(client ?? '')), ...(await import(types.href)) };
  } catch (error) {
    if (Reflect.get(Object(error), 'code') === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

const maxAgeMs = 3_600_000;

/** Its caching CMM over a local keyring, with the suite that commits to the key without signing, as the engine. */
export function cachingOf(esdk: Esdk, plaintext: Buffer): Promise<Contender> {
  const keyring = new esdk.RawAesKeyringNode({
    keyName: 'key',
    keyNamespace: 'bench',
    unencryptedMasterKey: new Uint8Array(randomBytes(32)),
    wrappingSuite: esdk.RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  });
  const cmm = new esdk.NodeCachingMaterialsManager({
    backingMaterials: keyring,
    cache: esdk.getLocalCryptographicMaterialsCache(100),
    maxAge: maxAgeMs,
    maxMessagesEncrypted: 2 ** 30,
  });
  return contenderOf(esdk, cmm, plaintext);
}

/** Its hierarchical keyring: a branch key cached for an hour wraps a data key of each message. */
export async function hierarchicalOf(esdk: Esdk, plaintext: Buffer): Promise<Contender> {
  const { KMSClient } = await import('@aws-sdk/client-kms');
  const branchKey = randomBytes(32);
  const kmsClient = new KMSClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  // The branch key is fetched once, before the measurement.
  Object.defineProperty(kmsClient, 'send', {
    value: async () => ({ Plaintext: branchKey, KeyId: keyUri, CiphertextBlob: randomBytes(48) }),
  });
  const branchKeyId = 'acme';
  const version = 'branch:version:0f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0';
  const stored = (about: object) => {
    const context = {
      'branch-key-id': branchKeyId,
      tablename: 'bench',
      'create-time': '2026-01-01T00:00:00.000000Z',
      'hierarchy-version': '1',
      'kms-arn': keyUri,
      ...about,
    };
    return new esdk.EncryptedHierarchicalKey(context, randomBytes(48));
  };
  const keyStore = new esdk.BranchKeyStoreNode({
    logicalKeyStoreName: 'bench',
    kmsConfiguration: { identifier: keyUri },
    keyManagement: { kmsClient },
    storage: {
      getKeyStorageInfo: () => ({ name: 'bench', logicalName: 'bench' }),
      getEncryptedActiveBranchKey: async () => stored({ type: 'branch:ACTIVE', version }),
      getEncryptedBranchKeyVersion: async () => stored({ type: version }),
    },
  });
  const cacheLimitTtl = maxAgeMs / 1_000;
  const keyring = new esdk.KmsHierarchicalKeyRingNode({ branchKeyId, keyStore, cacheLimitTtl });
  return contenderOf(esdk, keyring, plaintext);
}

async function contenderOf(esdk: Esdk, materials: object, plaintext: Buffer): Promise<Contender> {
  const { encrypt, decrypt } = esdk.buildClient(
    esdk.CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
  );
  const options = {
    suiteId: esdk.AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
    encryptionContext: { workspace: binding.workspace, ...binding.context },
    plaintextLength: plaintext.length,
  };
  const { result } = await encrypt(materials, plaintext, options);
  return {
    seal: async (times) => {
      for (let n = 0; n < times; n += 1) await encrypt(materials, plaintext, options);
    },
    open: async (times) => {
      for (let n = 0; n < times; n += 1) await decrypt(materials, result);
    },
  };
}
