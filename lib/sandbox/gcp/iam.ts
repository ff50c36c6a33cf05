/**
 * Who may do what with a key: roles bound to members, on the key, its key ring or its project. What is bound above
 * holds below.
 */
import { Delayed, type DelayedState } from '../any-cloud/delayed.ts';
import { GcpFault } from './gcp-fault.ts';

export interface RoleBinding {
  role: string;
  members: readonly string[];
}

type Policy = Delayed<readonly RoleBinding[]>;

/** Policies by resource, as they are kept between runs. */
export type IamState = readonly (readonly [
  resource: string,
  policy: DelayedState<readonly RoleBinding[]>,
])[];

const versionUse = 'cloudkms.cryptoKeyVersions.use';
const reads = [
  'cloudkms.cryptoKeys.get',
  'cloudkms.cryptoKeys.getIamPolicy',
  'cloudkms.cryptoKeyVersions.get',
  'cloudkms.cryptoKeyVersions.list',
];
const writes = [
  'cloudkms.keyRings.create',
  'cloudkms.cryptoKeys.create',
  'cloudkms.cryptoKeys.update',
  'cloudkms.cryptoKeys.setIamPolicy',
  'cloudkms.cryptoKeyVersions.create',
  'cloudkms.cryptoKeyVersions.update',
  'cloudkms.cryptoKeyVersions.destroy',
  'cloudkms.cryptoKeyVersions.restore',
];
const uses = [`${versionUse}ToEncrypt`, `${versionUse}ToDecrypt`];

const readsLogs = ['logging.logEntries.list', 'logging.sinks.list', 'logging.buckets.get'];
const readsPolicy = 'resourcemanager.projects.getIamPolicy';
const readsPrivateLogs = [...readsLogs, 'logging.privateLogEntries.list'];

const permissionsOf = new Map<string, ReadonlySet<string>>([
  ['roles/owner', new Set([...reads, ...writes, ...uses, ...readsPrivateLogs, readsPolicy])],
  ['roles/iam.securityReviewer', new Set([readsPolicy])],
  ['roles/cloudkms.admin', new Set([...reads, ...writes])],
  ['roles/cloudkms.viewer', new Set(reads)],
  ['roles/cloudkms.cryptoKeyEncrypter', new Set([`${versionUse}ToEncrypt`])],
  ['roles/cloudkms.cryptoKeyDecrypter', new Set([`${versionUse}ToDecrypt`])],
  ['roles/cloudkms.cryptoKeyEncrypterDecrypter', new Set(uses)],
  ['roles/logging.viewer', new Set(readsLogs)],
  ['roles/logging.privateLogViewer', new Set(readsPrivateLogs)],
]);

interface Asked {
  member: string;
  permission: string;
  resource: string;
}

export class Iam {
  readonly #policies: Map<string, Policy>;
  readonly #propagationMs: number;

  constructor(propagationMs: number, restored: IamState = []) {
    this.#propagationMs = propagationMs;
    this.#policies = new Map(restored.map(([name, policy]) => [name, Delayed.restored(policy)]));
  }

  exportState(now: number): IamState {
    return Array.from(this.#policies, ([name, policy]) => [name, policy.exportState(now)]);
  }

  policy(resource: string): readonly RoleBinding[] {
    return this.#policies.get(resource)?.latest ?? [];
  }

  setPolicy(resource: string, bindings: readonly RoleBinding[], now: number): void {
    for (const { role } of bindings) {
      if (!permissionsOf.has(role))
        throw new GcpFault('invalidArgument', `Role ${role} is not supported for this resource.`);
    }
    const policy: Policy = this.#policies.get(resource) ?? new Delayed<readonly RoleBinding[]>([]);
    policy.change(bindings, now + this.#propagationMs);
    this.#policies.set(resource, policy);
  }

  allows({ member, permission, resource }: Asked, now: number): boolean {
    return [...lineage(resource)].some((name) =>
      this.#policies
        .get(name)
        ?.at(now)
        .some(
          ({ role, members }) =>
            permissionsOf.get(role)?.has(permission) && members.includes(member),
        ),
    );
  }

  /** @throws {GcpFault} in Cloud KMS's words, which do not tell denial from absence */
  check(asked: Asked, now: number): void {
    if (this.allows(asked, now)) return;
    const { permission, resource } = asked;
    throw new GcpFault(
      'permissionDenied',
      `Permission '${permission}' denied on resource '${resource}' (or it may not exist).`,
      { reason: 'IAM_PERMISSION_DENIED' },
    );
  }
}

/** A resource and its ancestors: `projects/p/locations/l/keyRings/r/…` down to `projects/p`. */
function* lineage(resource: string): Generator<string> {
  const parts = resource.split('/');
  for (let length = parts.length; length >= 2; length -= 2) yield parts.slice(0, length).join('/');
}
