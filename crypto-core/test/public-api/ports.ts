import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createEngine, memoryDirectory, parseEnvelope } from '@keytide/crypto-core';
import { directoryGuarantees } from '@keytide/crypto-core/directories/conformance';
import {
  postgresDirectory,
  postgresDirectoryTable,
} from '@keytide/crypto-core/directories/postgres';
import { localProvider } from '@keytide/crypto-core/providers/local';
import { started } from './public-engine.ts';

const binding = { workspace: 'acme' };
const body = Buffer.from('a body');

test('the local provider opens what it wrapped, by the same secret only', async () => {
  const secret = randomBytes(32);
  const directory = memoryDirectory();
  const engineOf = (own: Uint8Array) =>
    createEngine({
      ...{ directory, keyFor: () => 'local:key/1', process: 'api-1' },
      provider: localProvider({ secret: own }),
    });
  const [writer, reader, stranger] = [
    engineOf(secret),
    engineOf(secret),
    engineOf(randomBytes(32)),
  ];
  const envelope = await writer.encrypt(body, binding);
  assert.deepEqual(Buffer.from(await reader.decrypt(envelope, binding)), body);
  await assert.rejects(stranger.decrypt(envelope, binding));
  for (const engine of [writer, reader, stranger]) await engine.close();
});

test('the AWS provider is made without asking anybody', async () => {
  const { awsProvider } = await import('@keytide/crypto-core/providers/aws');
  const provider = awsProvider({ region: 'eu-central-1' });
  assert.equal(provider.name, 'aws');
  provider.close?.();
});

test('engines that share a directory seal under one DEK; with private DEKs none is needed', async () => {
  const one = started();
  const two = started({ provider: one.kms, directory: one.directory });
  const headers = [];
  for (const { engine } of [one, two])
    headers.push(parseEnvelope(await engine.encrypt(body, binding)).header.toString('hex'));
  assert.equal(headers[0], headers[1]);
  assert.deepEqual(two.listener.causes, ['load.first']);
  const alone = createEngine({
    ...{ provider: one.kms, keyFor: () => 'own:key/1', process: 'api-3' },
    policy: { deks: 'private' },
  });
  await alone.decrypt(await alone.encrypt(body, binding), binding);
  for (const engine of [one.engine, two.engine, alone]) await engine.close();
});

test('the PostgreSQL directory asks with values apart from the text, and serves an engine', async () => {
  const rows = new Map<unknown, Uint8Array>();
  const texts = new Set<string>();
  const directory = postgresDirectory({
    query: async (text, [workspace, ...headers]) => {
      texts.add(text);
      const next = headers.at(-1);
      if (next instanceof Uint8Array && !rows.has(workspace)) rows.set(workspace, next);
      const header = rows.get(workspace);
      return { rows: header === undefined ? [] : [{ header }] };
    },
  });
  const { engine } = started({ directory });
  const named = { workspace: "it's; DROP TABLE dek_directory --" };
  assert.deepEqual(
    Buffer.from(await engine.decrypt(await engine.encrypt(body, named), named)),
    body,
  );
  assert.deepEqual([...rows.keys()], [named.workspace]);
  assert.ok([...texts].every((text) => !text.includes('DROP')));
  assert.match(postgresDirectoryTable, /^CREATE TABLE IF NOT EXISTS dek_directory \(/);
  await engine.close();
});

test('the suite for directories runs without a framework, and tells a directory that is none', async () => {
  const directory = memoryDirectory();
  const failed: string[] = [];
  const broken: string[] = [];
  for (const { title, run } of directoryGuarantees) {
    await run(() => directory).catch(() => failed.push(title));
    await run(() => memoryDirectory()).catch(() => broken.push(title));
  }
  assert.deepEqual(failed, []);
  assert.ok(broken.length > 0);
});
