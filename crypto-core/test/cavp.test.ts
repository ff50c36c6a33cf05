/**
 * NIST CAVP vectors of AES-256-GCM with 96-bit IVs, run through the cipher module that seals and opens bodies. The
 * engine supports 128-bit tags only. A vector with a shorter tag must match the start of the whole tag, and must never
 * open.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, type TestContext, test } from 'vitest';
import { gcmOpen, gcmSeal } from '../src/cipher.ts';

const folder = '/usr/lib/python3/dist-packages/cryptography_vectors/ciphers/AES/GCM/';
/** 7 tag lengths x 5 AAD lengths x 5 plaintext lengths x 15. Two thirds of the file have other IV lengths. */
const casesOfNist = 2_625;

interface Case {
  name: string;
  key: KeyObject;
  nonce: Buffer;
  aad: Buffer;
  plaintext: Buffer;
  ciphertext: Buffer;
  tag: Buffer;
  fails: boolean;
}

function casesOf(file: string): Case[] {
  let section: Record<string, string> = {};
  return readFileSync(folder + file, 'utf8')
    .split(/\r?\n\r?\n/)
    .flatMap((block) => {
      const fields = Object.fromEntries(
        [...block.matchAll(/^\[?(\w+) *=? *([\da-f]*)\]?$/gm)].map(([, name, value]) => [
          name,
          value,
        ]),
      );
      if (fields.Key === undefined) {
        if (fields.Keylen !== undefined) section = fields;
        return [];
      }
      if (section.IVlen !== '96') return [];
      const bytes = (name: string) => Buffer.from(fields[name] ?? '', 'hex');
      return {
        name: `${JSON.stringify(section)} ${fields.Count}`,
        key: createSecretKey(bytes('Key')),
        nonce: bytes('IV'),
        aad: bytes('AAD'),
        plaintext: bytes('PT'),
        ciphertext: bytes('CT'),
        tag: bytes('Tag'),
        fails: 'FAIL' in fields,
      };
    });
}

function needVectors(context: TestContext, file: string): Case[] {
  if (!existsSync(folder + file)) {
    const reason = 'the NIST vectors (python3-cryptography-vectors) are not installed';
    if (process.env.KEYTIDE_TEST_REQUIRE === 'all') throw new Error(reason);
    return context.skip(reason);
  }
  return casesOf(file);
}

/** What `gcmOpen` returns, in hex, or the code of its error. */
function openedBy(one: Case): string {
  try {
    return gcmOpen(one).toString('hex');
  } catch (error) {
    return String(Reflect.get(Object(error), 'code'));
  }
}

const bits128 = (one: Case) => one.tag.length === 16;
const shorter = (one: Case) => one.tag.length < 16;

describe('the NIST CAVP vectors of AES-256-GCM with 96-bit IVs', () => {
  test('of encryption give the expected ciphertext and tag, each of them', (context) => {
    const cases = needVectors(context, 'gcmEncryptExtIV256.rsp');
    expect(cases).toHaveLength(casesOfNist);
    expect(cases.filter(bits128)).toHaveLength(casesOfNist / 7);
    const wrong = cases.filter((one) => {
      const { ciphertext, tag } = gcmSeal(one);
      const front = tag.subarray(0, one.tag.length);
      return tag.length !== 16 || !ciphertext.equals(one.ciphertext) || !front.equals(one.tag);
    });
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test('of decryption with 128-bit tags open where NIST says so and are refused where it says FAIL', (context) => {
    const cases = needVectors(context, 'gcmDecrypt256.rsp').filter(bits128);
    expect(cases).toHaveLength(casesOfNist / 7);
    const failing = cases.filter(({ fails }) => fails);
    expect(failing.length).toBeGreaterThan(100);
    expect(failing.length).toBeLessThan(cases.length - 100);
    const expected = (one: Case) =>
      one.fails ? 'authentication-failed' : one.plaintext.toString('hex');
    const wrong = cases.filter((one) => openedBy(one) !== expected(one));
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test('of decryption with shorter tags never open, genuine or not', (context) => {
    const cases = needVectors(context, 'gcmDecrypt256.rsp').filter(shorter);
    expect(cases).toHaveLength((casesOfNist / 7) * 6);
    const opened = cases.filter((one) => openedBy(one) !== 'authentication-failed');
    expect(opened.map(({ name }) => name)).toEqual([]);
  });

  test('of decryption with shorter tags agree with the whole tag exactly where NIST says so', (context) => {
    const cases = needVectors(context, 'gcmDecrypt256.rsp').filter(shorter);
    const wrong = cases.filter((one) => {
      // Counter mode is its own inverse, so sealing the ciphertext gives the plaintext back.
      const plaintext = gcmSeal({ ...one, plaintext: one.ciphertext }).ciphertext;
      const { tag } = gcmSeal({ ...one, plaintext });
      const genuine = tag.subarray(0, one.tag.length).equals(one.tag);
      return genuine === one.fails || (genuine && !plaintext.equals(one.plaintext));
    });
    expect(cases.length).toBeGreaterThan(0);
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });
});
