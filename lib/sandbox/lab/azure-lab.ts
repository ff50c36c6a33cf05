import { randomUUID } from 'node:crypto';
import type { LabKeyName } from '../../shared/lab/lab-view.ts';
import type { AzureKeyEntry, AzureOperation } from '../azure/cloud.ts';
import type { KeyVaultJson } from '../azure/key-messages.ts';
import type { AzurePrincipal } from '../azure/vault-access.ts';
import { AzureSide } from '../sides/azure-side.ts';
import type { SideOptions } from '../sides/side.ts';
import type { InForce } from './lab-cloud.ts';
import { LabCustomer } from './lab-customer.ts';
import { callerName } from './lab-log.ts';

const lagMs = 300_000;
const propagationMs = 30_000;
const role = 'Key Vault Crypto Service Encryption User';
const atOnce: InForce = { inForceAt: Number.NEGATIVE_INFINITY };
const names: Record<LabKeyName, string> = { A: 'messages', B: 'archive' };

/** Key Vault: a key is deleted softly, for 90 days, and role assignments say who may use it. */
export class AzureLab extends LabCustomer {
  readonly side: AzureSide;
  readonly #admin: AzurePrincipal;
  readonly #assignments = new Map<LabKeyName, string>();

  constructor(options: SideOptions) {
    super(options.clock, { lagMs, propagationMs, deletionDays: 90 });
    this.side = new AzureSide({
      ...options,
      propagationMs,
      journal: (entry) => this.#keep(entry),
    });
    const { azure } = this.side;
    const { vault } = this.side.cast;
    this.#admin = azure.addPrincipal();
    azure.assign(vault, this.#admin, 'Key Vault Crypto Officer');
    this.#call('B', 'KeyCreate', { kty: 'RSA' });
    this.#assignments.set('A', this.side.cast.engineAssignment);
    this.setPermitted('B', true);
  }

  keyUri(name: LabKeyName): string {
    return `azure-kv:https://${this.side.cast.vault.host}/keys/${names[name]}`;
  }

  setEnabled(name: LabKeyName, enabled: boolean): InForce {
    for (const { version } of this.side.cast.vault.keys.versions(names[name], this.now()))
      this.#call(name, 'KeyUpdate', { attributes: { enabled } }, version);
    return this.soon();
  }

  scheduleDeletion(name: LabKeyName): InForce {
    this.#call(name, 'KeyDelete');
    return atOnce;
  }

  protected restore(name: LabKeyName): InForce {
    this.#call(name, 'KeyRecover');
    return atOnce;
  }

  setPermitted(name: LabKeyName, permitted: boolean): InForce {
    const { azure } = this.side;
    const { vault, engine } = this.side.cast;
    const assigned = this.#assignments.get(name);
    if (assigned !== undefined) {
      azure.unassign(vault, assigned);
      this.#assignments.delete(name);
    }
    if (permitted) this.#assignments.set(name, azure.assign(vault, engine, role, names[name]));
    return permitted ? atOnce : this.soon();
  }

  rotate(name: LabKeyName): void {
    this.#call(name, 'KeyRotate');
  }

  #call(
    name: LabKeyName,
    operation: AzureOperation,
    body: KeyVaultJson = {},
    version = '',
  ): KeyVaultJson {
    const { azure } = this.side;
    const { vault } = this.side.cast;
    const key = names[name];
    return azure.call(
      vault,
      this.#admin,
      { operation, key, version, body },
      {
        requestId: randomUUID(),
        clientRequestId: null,
        userAgent: 'azure-cli/2.70',
        callerIp: '127.0.0.2',
        requestUri: `https://${vault.host}/keys/${key}/${version}?api-version=2025-07-01`,
      },
    );
  }

  #keep({ at, operationName, callerIp, fault }: AzureKeyEntry): void {
    const isUse = fault === null && (operationName === 'KeyWrap' || operationName === 'KeyUnwrap');
    const error = fault === null ? null : (fault.innerCode ?? fault.code);
    this.log.add({ at, operation: operationName, by: callerName(callerIp), error }, { isUse });
  }
}
