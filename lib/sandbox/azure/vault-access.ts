/**
 * Who may do what in a vault: by role assignments on the vault or one key (RBAC), or by one access policy a principal.
 * What each check found is kept for the log, which tells which of them failed.
 */
import { Delayed, type DelayedState } from '../any-cloud/delayed.ts';
import { type AzureFault, forbidden } from './azure-fault.ts';

const keyActions = [
  'get',
  'list',
  'create',
  'update',
  'delete',
  'recover',
  'purge',
  'rotate',
  'encrypt',
  'decrypt',
  'wrapKey',
  'unwrapKey',
] as const;
export type KeyAction = (typeof keyActions)[number];

/** The application that a token stands for. */
export interface AzurePrincipal {
  appId: string;
  objectId: string;
  token: string;
}

export interface RoleAssignment {
  id: string;
  objectId: string;
  role: string;
  actions: readonly KeyAction[];
  /** The key it applies to; the whole vault where absent. */
  key?: string;
}

/** What the log says of a request's access; null where that check was not made. */
export interface AccessDecision {
  isAddressAuthorized: boolean;
  isRbacAuthorized: boolean | null;
  isAccessPolicyMatch: boolean | null;
  appliedAssignmentId: string | null;
}

export interface AccessOutcome {
  decision: AccessDecision;
  fault: AzureFault | null;
}

interface AccessPolicy {
  objectId: string;
  actions: readonly KeyAction[];
}

/** Who may what in a vault, as it is kept between runs. */
export interface VaultAccessState {
  mode: 'rbac' | 'policies';
  assignments: DelayedState<readonly RoleAssignment[]>;
  policies: DelayedState<readonly AccessPolicy[]>;
  addresses: DelayedState<readonly string[] | null>;
}

/** The built-in roles, by the names they have in a vault; a Managed HSM calls its own differently. */
export const roles = new Map<string, readonly KeyAction[]>([
  ['Key Vault Crypto Officer', keyActions],
  [
    'Key Vault Crypto User',
    ['get', 'list', 'update', 'encrypt', 'decrypt', 'wrapKey', 'unwrapKey'],
  ],
  ['Key Vault Crypto Service Encryption User', ['get', 'wrapKey', 'unwrapKey']],
  ['Key Vault Reader', ['get', 'list']],
  ['Managed HSM Crypto Officer', keyActions],
  [
    'Managed HSM Crypto User',
    ['get', 'list', 'update', 'encrypt', 'decrypt', 'wrapKey', 'unwrapKey'],
  ],
  ['Managed HSM Crypto Service Encryption User', ['get', 'wrapKey', 'unwrapKey']],
]);

export class VaultAccess {
  readonly mode: 'rbac' | 'policies';
  readonly #vault: string;
  readonly #assignments: Delayed<readonly RoleAssignment[]>;
  readonly #policies: Delayed<readonly AccessPolicy[]>;
  /** Addresses let in; every one where null. */
  readonly #addresses: Delayed<readonly string[] | null>;

  constructor(vault: string, state: VaultAccessState) {
    this.mode = state.mode;
    this.#vault = vault;
    this.#assignments = Delayed.restored(state.assignments);
    this.#policies = Delayed.restored(state.policies);
    this.#addresses = Delayed.restored(state.addresses);
  }

  /** Nobody may anything yet, from anywhere. */
  static none(mode: 'rbac' | 'policies'): VaultAccessState {
    const [assignments, policies] = [
      { inForce: [], coming: [] },
      { inForce: [], coming: [] },
    ];
    return { mode, assignments, policies, addresses: { inForce: null, coming: [] } };
  }

  exportState(now: number): VaultAccessState {
    return {
      mode: this.mode,
      assignments: this.#assignments.exportState(now),
      policies: this.#policies.exportState(now),
      addresses: this.#addresses.exportState(now),
    };
  }

  assign(assignment: RoleAssignment, inForceAt: number): void {
    this.#assignments.change([...this.#assignments.latest, assignment], inForceAt);
  }

  unassign(id: string, inForceAt: number): void {
    const rest = this.#assignments.latest.filter((one) => one.id !== id);
    this.#assignments.change(rest, inForceAt);
  }

  /** Sets what one principal may; nothing takes its policy away. */
  setPolicy(objectId: string, actions: readonly KeyAction[], inForceAt: number): void {
    const others = this.#policies.latest.filter((one) => one.objectId !== objectId);
    const own = actions.length === 0 ? [] : [{ objectId, actions }];
    this.#policies.change([...others, ...own], inForceAt);
  }

  setAddresses(addresses: readonly string[] | null, inForceAt: number): void {
    this.#addresses.change(addresses, inForceAt);
  }

  decide(
    request: { principal: AzurePrincipal; action: KeyAction; key: string; address: string },
    now: number,
  ): AccessOutcome {
    const { principal, action, key, address } = request;
    const isAddressAuthorized = this.#addresses.at(now)?.includes(address) ?? true;
    const none = { isRbacAuthorized: null, isAccessPolicyMatch: null, appliedAssignmentId: null };
    if (!isAddressAuthorized)
      return { decision: { isAddressAuthorized, ...none }, fault: byFirewall(address) };
    const { appId, objectId } = principal;
    if (this.mode === 'policies') {
      const own = this.#policies.at(now).find((one) => one.objectId === objectId);
      const matches = own?.actions.includes(action) ?? false;
      const decision = { isAddressAuthorized, ...none, isAccessPolicyMatch: matches };
      const what = `The user, group or application 'appid=${appId};oid=${objectId}' does not have`;
      const message = `${what} keys ${action} permission on key vault '${this.#vault}'.`;
      return { decision, fault: matches ? null : forbidden('AccessDenied', message) };
    }
    const applied = this.#assignments
      .at(now)
      .find(
        (one) =>
          one.objectId === objectId &&
          one.actions.includes(action) &&
          (one.key === undefined || one.key.toLowerCase() === key.toLowerCase()),
      );
    const appliedAssignmentId = applied?.id ?? null;
    const isRbacAuthorized = applied !== undefined;
    const decision = { isAddressAuthorized, ...none, isRbacAuthorized, appliedAssignmentId };
    return { decision, fault: applied === undefined ? this.#byRbac(principal, action) : null };
  }

  #byRbac({ appId, objectId }: AzurePrincipal, action: KeyAction): AzureFault {
    return forbidden(
      'ForbiddenByRbac',
      [
        'Caller is not authorized to perform action on resource.',
        'If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.',
        `Caller: appid=${appId};oid=${objectId}`,
        `Action: 'Microsoft.KeyVault/vaults/keys/${action}/action'`,
        'Assignment: (not found)',
        `Vault: ${this.#vault}`,
      ].join('\r\n'),
    );
  }
}

const byFirewall = (address: string) =>
  forbidden(
    'ForbiddenByFirewall',
    `Client address is not authorized and caller is not a trusted service.\r\nClient address: ${address}`,
  );
