import type { LabKeyName } from '../../shared/lab/lab-view.ts';
import type { StoredEvent } from '../aws/event-log.ts';
import { customerAccount, keyPolicy } from '../fleet/accounts.ts';
import { AwsSide, awsPropagationMs } from '../sides/aws-side.ts';
import type { SideOptions } from '../sides/side.ts';
import type { InForce } from './lab-cloud.ts';
import { LabCustomer } from './lab-customer.ts';
import { callerName } from './lab-log.ts';

const lagMs = 180_000;
/** The shortest that KMS lets its owner choose. */
const pendingDays = 7;
const aliasName = 'alias/messages';

/** KMS: workspaces are registered under an alias, which can point to either key. */
export class AwsLab extends LabCustomer {
  readonly side: AwsSide;
  override readonly aliasUri: string;
  readonly #arns: Record<LabKeyName, string>;

  constructor(options: SideOptions) {
    super(options.clock, {
      lagMs,
      propagationMs: awsPropagationMs,
      deletionDays: pendingDays,
    });
    this.side = new AwsSide({
      ...options,
      logDelayMs: { min: lagMs, max: lagMs },
      keep: (event) => this.#keep(event),
    });
    const first = this.side.keyUri;
    const Policy = JSON.stringify(keyPolicy({ service: true }));
    const second = this.#call('CreateKey', { Policy }).KeyMetadata.Arn;
    this.#arns = { A: first, B: second };
    this.#call('CreateAlias', { AliasName: aliasName, TargetKeyId: first });
    this.aliasUri = first.replace(/key\/.*$/, aliasName);
  }

  keyUri(name: LabKeyName): string {
    return this.#arns[name];
  }

  setEnabled(name: LabKeyName, enabled: boolean): InForce {
    this.#call(enabled ? 'EnableKey' : 'DisableKey', { KeyId: this.#arns[name] });
    return this.soon();
  }

  scheduleDeletion(name: LabKeyName): InForce {
    const input = { KeyId: this.#arns[name], PendingWindowInDays: pendingDays };
    this.#call('ScheduleKeyDeletion', input);
    return this.soon();
  }

  protected restore(name: LabKeyName): InForce {
    this.#call('CancelKeyDeletion', { KeyId: this.#arns[name] });
    return this.soon();
  }

  setPermitted(name: LabKeyName, permitted: boolean): InForce {
    const Policy = JSON.stringify(keyPolicy({ service: permitted }));
    this.#call('PutKeyPolicy', { KeyId: this.#arns[name], Policy });
    return this.soon();
  }

  rotate(name: LabKeyName): void {
    this.#call('RotateKeyOnDemand', { KeyId: this.#arns[name] });
  }

  override pointAlias(name: LabKeyName): void {
    this.#call('UpdateAlias', { AliasName: aliasName, TargetKeyId: this.#arns[name] });
  }

  #call<O extends string>(operation: O, input: Readonly<Record<string, unknown>>) {
    const { aws, cast } = this.side;
    const about = { service: 'kms', sourceIp: '127.0.0.2', userAgent: 'aws-cli/2' } as const;
    return aws.call(cast.admin, { ...about, operation, input }).output;
  }

  #keep({ account, at, record }: StoredEvent): void {
    if (account !== customerAccount) return;
    const { eventName, errorCode, eventType, sourceIPAddress } = record;
    const operation = String(eventName);
    const isOwn = eventType === 'AwsServiceEvent';
    const by = isOwn ? 'AWS' : callerName(String(sourceIPAddress));
    const error = typeof errorCode === 'string' ? errorCode : null;
    const isUse = error === null && (operation === 'Encrypt' || operation === 'Decrypt');
    this.log.add({ at, operation, by, error }, { isUse });
  }
}
