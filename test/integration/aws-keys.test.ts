/** AWS keys in several Regions, and customers each reached under a role of their own. */
import { randomBytes } from 'node:crypto';
import { createEngine, memoryDirectory, parseKeyUri, providerRouter } from '@keytide/crypto-core';
import { awsProvider, awsRegionOf } from '@keytide/crypto-core/providers/aws';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/domain/clock.ts';
import { AwsCloud } from '../../lib/sandbox/aws/cloud.ts';
import { type AwsServer, startAwsServer } from '../../lib/sandbox/aws/server.ts';
import { awsScene, credentialsOf, policyFor, region } from '../support/kms-rigs/aws.ts';
import { requestFor } from '../support/kms-rigs/rig.ts';

const servers: AwsServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(cloud: AwsCloud): Promise<AwsServer> {
  const server = await startAwsServer({ cloud, wall: systemClock });
  servers.push(server);
  return server;
}

describe('a multi-Region key', () => {
  const elsewhere = 'us-east-1';

  async function replicated() {
    const scene = awsScene();
    const arn = scene.createKey({ MultiRegion: true });
    const { keys, principals } = scene.cloud.exportState();
    const replica = new AwsCloud({
      clock: scene.clock,
      random: randomBytes,
      region: elsewhere,
      deliveryLagMs: { min: 0, max: 0 },
      propagationMs: 0,
      state: {
        principals,
        keys: keys.map((key) => ({ ...key, arn: key.arn.replace(region, elsewhere) })),
      },
    });
    const [here, there] = [await serve(scene.cloud), await serve(replica)];
    const credentials = credentialsOf(scene.role);
    const provider = awsProvider({ region, endpoint: here.url, credentials });
    const other = awsProvider({ region: elsewhere, endpoint: there.url, credentials });
    return { ...scene, arn, replica, provider, other };
  }

  test('wrapped in one Region is unwrapped in another, by the replica there', async () => {
    const { arn, provider, other, replica } = await replicated();
    expect(parseKeyUri(arn)).toMatchObject({ multiRegion: true });
    const dek = randomBytes(32);
    const request = requestFor(arn);
    const { bytes } = await provider.wrap(Buffer.from(dek), request);
    expect(Buffer.compare((await other.unwrap(bytes, request)).bytes, dek)).toBe(0);
    const logged = replica.events('111122223333').map((event) => JSON.stringify(event));
    expect(logged.filter((event) => event.includes(arn.replace(region, elsewhere)))).toHaveLength(
      1,
    );
    const there = requestFor(arn.replace(region, elsewhere));
    expect(Buffer.compare((await provider.unwrap(bytes, there)).bytes, dek)).toBe(0);
  });

  test('is disabled in each Region apart', async () => {
    const { arn, provider, other, own } = await replicated();
    const request = requestFor(arn);
    const { bytes } = await provider.wrap(randomBytes(32), request);
    own('DisableKey', { KeyId: arn });
    await expect(provider.unwrap(bytes, request)).rejects.toMatchObject({ kind: 'denied' });
    expect((await other.unwrap(bytes, request)).bytes).toHaveLength(32);
  });

  test('a key of one Region is looked for nowhere else', async () => {
    const { createKey, other } = await replicated();
    await expect(other.wrap(randomBytes(32), requestFor(createKey()))).rejects.toMatchObject({
      kind: 'denied',
      reason: 'NotFoundException',
    });
  });
});

describe('customers behind a router', () => {
  const accounts = new Map([
    ['acme', '111122223333'],
    ['beta', '777788889999'],
  ]);

  /** Each customer lets its own role be assumed; its key knows no other. */
  async function customers() {
    const { cloud, clock } = awsScene();
    const server = await serve(cloud);
    const parties = [...accounts].map(([workspace, account]) => {
      const owner = cloud.addPrincipal({ account, kind: 'user', name: 'owner', allow: ['kms:*'] });
      const allow = ['kms:Encrypt', 'kms:Decrypt'];
      const role = { account, kind: 'role', name: `keytide-${workspace}`, allow } as const;
      const session = cloud.addPrincipal({ ...role, sessionName: 'api-1' });
      const call = { service: 'kms', operation: 'CreateKey', sourceIp: '', userAgent: '' } as const;
      const policy = policyFor(session).replaceAll('111122223333:root', `${account}:root`);
      const { output } = cloud.call(owner, { ...call, input: { Policy: policy } });
      return { workspace, account, session, arn: output.KeyMetadata.Arn };
    });
    const assumed: string[] = [];
    let refused: string | undefined;
    const provider = providerRouter({
      routeOf: (keyUri) => {
        const key = parseKeyUri(keyUri);
        return JSON.stringify(key.provider === 'aws' ? [key.region, key.account] : [key.id]);
      },
      open: (keyUri) => {
        const key = parseKeyUri(keyUri);
        const party = parties.find(
          ({ account }) => key.provider === 'aws' && key.account === account,
        );
        if (party === undefined) throw new TypeError('no customer has this key');
        return awsProvider({
          region: awsRegionOf(keyUri),
          endpoint: server.url,
          // As the SDK's own provider of temporary credentials answers, or as STS refuses it.
          credentials: async () => {
            assumed.push(party.workspace);
            if (refused === party.workspace)
              throw Object.assign(new Error('not authorized'), { name: 'AccessDenied' });
            return { ...credentialsOf(party.session), expiration: new Date(Date.now() + 1_000) };
          },
        });
      },
    });
    const keyFor = (workspace: string) =>
      `aws-kms:${parties.find((one) => one.workspace === workspace)?.arn}`;
    const engine = createEngine({
      provider,
      directory: memoryDirectory(),
      keyFor,
      process: 'api-1',
      policy: { dekMessagesMax: 1, attemptsMax: 1 },
    });
    return { cloud, clock, engine, parties, assumed, refuse: (who: string) => (refused = who) };
  }

  test('are each called under the role that they let be assumed', async () => {
    const { cloud, engine, parties, assumed } = await customers();
    for (const { workspace } of parties)
      for (const body of ['1', '2']) await engine.encrypt(Buffer.from(body), { workspace });
    expect(new Set(assumed)).toEqual(new Set(accounts.keys()));
    for (const { account, session, arn } of parties) {
      const uses = cloud.events(account).filter(({ record }) => record.eventName === 'Encrypt');
      expect(uses).toHaveLength(2);
      const logged = JSON.stringify(uses);
      expect(logged).toContain(session.accessKeyId);
      expect(logged).toContain(arn);
    }
    await engine.close();
  });

  test('one who withdraws the role is denied, and nobody else', async () => {
    const { engine, refuse } = await customers();
    refuse('acme');
    await expect(engine.encrypt(Buffer.from('x'), { workspace: 'acme' })).rejects.toMatchObject({
      code: 'denied',
    });
    await engine.encrypt(Buffer.from('x'), { workspace: 'beta' });
    await engine.close();
  });
});
