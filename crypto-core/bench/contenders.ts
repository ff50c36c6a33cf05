/** The engine and its two peers, each sealing and opening one body: raw AES-256-GCM, and AWS's Encryption SDK. */
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

export async function oursOf(
  engine: ReturnType<typeof engineOf>,
  plaintext: Buffer,
): Promise<Contender> {
  const envelope = await engine.encrypt(plaintext, binding);
  return {
    seal: async (times) => {
      for (let n = 0; n < times; n += 1) await engine.encrypt(plaintext, binding);
    },
    open: async (times) => {
      for (let n = 0; n < times; n += 1) await engine.decrypt(envelope, binding);
    },
  };
}

/** How many bytes the engine authenticates besides the body: its header, workspace and context. */
export async function aadBytesOf(engine: ReturnType<typeof engineOf>): Promise<number> {
  const { header } = parseEnvelope(await engine.encrypt(Buffer.alloc(1), binding));
  const texts = ['', binding.workspace, ...Object.entries(binding.context).flat()];
  return header.length + 4 + texts.reduce((sum, text) => sum + 4 + text.length, 0);
}

const nonceBytes = 12;
const tagLength = { authTagLength: 16 };

/** What `node:crypto` takes at least: a KeyObject, nonces from a pool, as many bytes of AAD, no envelope. */
export function rawOf(plaintext: Buffer, aadBytes: number): Contender {
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
  const seal = (nonce: Buffer) => {
    const cipher = createCipheriv('aes-256-gcm', key, nonce, tagLength);
    cipher.setAAD(aad);
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    return { ciphertext, tag: cipher.getAuthTag() };
  };
  const sealedNonce = Buffer.from(nextNonce());
  const sealed = seal(sealedNonce);
  return {
    seal: (times) => {
      for (let n = 0; n < times; n += 1) seal(nextNonce());
    },
    open: (times) => {
      for (let n = 0; n < times; n += 1) {
        const decipher = createDecipheriv('aes-256-gcm', key, sealedNonce, tagLength);
        decipher.setAAD(aad);
        decipher.setAuthTag(sealed.tag);
        decipher.update(sealed.ciphertext);
        decipher.final();
      }
    },
  };
}

/** What is used of `@aws-crypto/client-node`; it is a dependency of this benchmark alone, and need not be there. */
interface Esdk {
  buildClient(policy: unknown): {
    encrypt(cmm: object, plaintext: Buffer, options: object): Promise<{ result: Buffer }>;
    decrypt(cmm: object, message: Buffer): Promise<unknown>;
  };
  CommitmentPolicy: Record<string, unknown>;
  AlgorithmSuiteIdentifier: Record<string, unknown>;
  RawAesWrappingSuiteIdentifier: Record<string, unknown>;
  RawAesKeyringNode: new (options: object) => object;
  NodeCachingMaterialsManager: new (options: object) => object;
  getLocalCryptographicMaterialsCache(capacity: number): object;
}

export async function loadEsdk(): Promise<Esdk | undefined> {
  // Not a literal, so that types are checked where it is not installed.
  const name: string = '@aws-crypto/client-node';
  try {
    const loaded: Esdk = await import(name);
    return loaded;
  } catch (error) {
    if (Reflect.get(Object(error), 'code') === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Its caching CMM over a local keyring, with the suite that commits to the key without signing, as the engine. */
export async function esdkOf(esdk: Esdk, plaintext: Buffer): Promise<Contender> {
  const keyring = new esdk.RawAesKeyringNode({
    keyName: 'key',
    keyNamespace: 'bench',
    unencryptedMasterKey: new Uint8Array(randomBytes(32)),
    wrappingSuite: esdk.RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  });
  const cmm = new esdk.NodeCachingMaterialsManager({
    backingMaterials: keyring,
    cache: esdk.getLocalCryptographicMaterialsCache(100),
    maxAge: 3_600_000,
    maxMessagesEncrypted: 2 ** 30,
  });
  const { encrypt, decrypt } = esdk.buildClient(
    esdk.CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
  );
  const options = {
    suiteId: esdk.AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
    encryptionContext: { workspace: binding.workspace, ...binding.context },
    plaintextLength: plaintext.length,
  };
  const { result } = await encrypt(cmm, plaintext, options);
  return {
    seal: async (times) => {
      for (let n = 0; n < times; n += 1) await encrypt(cmm, plaintext, options);
    },
    open: async (times) => {
      for (let n = 0; n < times; n += 1) await decrypt(cmm, result);
    },
  };
}
