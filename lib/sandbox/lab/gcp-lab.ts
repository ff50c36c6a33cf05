import type { LabKeyName } from '../../shared/lab/lab-view.ts';
import type { GcpKmsEntry } from '../gcp/kms-entry.ts';
import type { Message } from '../gcp/methods.ts';
import { GcpSide, gcpAdmin, gcpEngine } from '../sides/gcp-side.ts';
import type { SideOptions } from '../sides/side.ts';
import type { InForce } from './lab-cloud.ts';
import { LabCustomer } from './lab-customer.ts';
import { callerName } from './lab-log.ts';

const lagMs = 10_000;
const propagationMs = 60_000;
const role = 'roles/cloudkms.cryptoKeyEncrypterDecrypter';

/** Cloud KMS: a key's versions are disabled and destroyed, and a role is bound to the key. */
export class GcpLab extends LabCustomer {
  readonly side: GcpSide;
  readonly #names: Record<LabKeyName, string>;

  constructor(options: SideOptions) {
    super(options.clock, { lagMs, propagationMs, deletionDays: 30 });
    this.side = new GcpSide({
      ...options,
      propagationMs,
      journal: (entry) => this.#keep(entry),
    });
    const first = this.side.keyName;
    const second = first.replace(/messages$/, 'archive');
    this.#names = { A: first, B: second };
    const [parent] = second.split('/cryptoKeys/');
    this.#call('CreateCryptoKey', { parent, cryptoKeyId: 'archive' });
    this.side.gcp.grant(second, role, gcpEngine);
  }

  keyUri(name: LabKeyName): string {
    return `gcp-kms:${this.#names[name]}`;
  }

  setEnabled(name: LabKeyName, enabled: boolean): InForce {
    const state = enabled ? 'ENABLED' : 'DISABLED';
    for (const version of this.#versions(name))
      this.#call('UpdateCryptoKeyVersion', {
        cryptoKeyVersion: { name: version, state },
        updateMask: { paths: ['state'] },
      });
    return this.soon();
  }

  scheduleDeletion(name: LabKeyName): InForce {
    for (const version of this.#versions(name))
      this.#call('DestroyCryptoKeyVersion', { name: version });
    return this.soon();
  }

  protected restore(name: LabKeyName): InForce {
    for (const version of this.#versions(name))
      this.#call('RestoreCryptoKeyVersion', { name: version });
    return this.soon();
  }

  setPermitted(name: LabKeyName, permitted: boolean): InForce {
    const members = permitted ? [`serviceAccount:${gcpEngine}`] : [];
    const policy = { bindings: [{ role, members }] };
    this.#call('SetIamPolicy', { resource: this.#names[name], policy });
    return this.soon();
  }

  rotate(name: LabKeyName): void {
    const { name: version } = this.#call('CreateCryptoKeyVersion', { parent: this.#names[name] });
    const cryptoKeyVersionId = String(version).split('/').at(-1);
    this.#call('UpdateCryptoKeyPrimaryVersion', { name: this.#names[name], cryptoKeyVersionId });
  }

  #versions(name: LabKeyName): string[] {
    const { cryptoKeyVersions } = this.#call('ListCryptoKeyVersions', {
      parent: this.#names[name],
    });
    const versions: unknown[] = Array.isArray(cryptoKeyVersions) ? cryptoKeyVersions : [];
    return versions.map((version) => String(Reflect.get(Object(version), 'name')));
  }

  #call(method: string, request: Message): Message {
    const about = { callerIp: '127.0.0.2', userAgent: 'google-cloud-sdk gcloud', reason: null };
    return this.side.gcp.call(method, request, { email: gcpAdmin, ...about });
  }

  #keep({ at, methodName, caller, fault }: GcpKmsEntry): void {
    const isUse = fault === null && (methodName === 'Encrypt' || methodName === 'Decrypt');
    const by = caller === null ? 'Cloud KMS' : callerName(caller.callerIp);
    const error = fault === null ? null : String(fault.code);
    this.log.add({ at, operation: methodName, by, error }, { isUse });
  }
}
