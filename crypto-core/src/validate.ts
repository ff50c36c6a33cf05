import { timingSafeEqual } from 'node:crypto';
import type { KmsCaller } from './kms-caller.ts';
import { KmsFault, type KmsLacks } from './provider.ts';
import type { Runtime } from './runtime.ts';

/** Whether a key can be used; if not, what is missing, since when, and by when every process obeys a refusal. */
export type Validation =
  | { ok: true; state: 'active' }
  | {
      ok: false;
      /**
       * `being-revoked`: refused, and processes of this service may use cached DEKs until `inForceBy`. `revoked`: that
       * is over. `unreachable`: the KMS did not say whether it would allow it.
       */
      state: 'being-revoked' | 'revoked' | 'unreachable';
      /** Since when (epoch ms) this process has been answered nothing else. */
      since: number;
      /**
       * What to mend: the key's state; one of the three conditions of access, or `permission` where the cloud does not
       * tell which; a firewall; this service's credentials; or the KMS itself.
       */
      missing: KmsLacks | 'key' | 'permission' | 'network' | 'credentials' | 'service';
      operation: 'Encrypt' | 'Decrypt';
      /** The provider's own error code. */
      reason: string;
      /** For a denial: the instant (epoch ms) by which no process of this service uses cached DEKs any more. */
      inForceBy?: number;
    };

const keyReasons =
  /Disabled|InvalidState|NotFound|InvalidKey|PendingDeletion|^KEY_|^NOT_FOUND$|^KeyExpired$|NotYetValid|IsDeleted|BeingDeleted/;
const credentialReasons =
  /Credential|Token|Unrecognized|Signature|Expired|^UNAUTHENTICATED$|^Unauthorized$|^ACCESS_TOKEN/;

/** Wraps and unwraps 32 random bytes, which makes two KMS calls. */
export async function validateKey(options: {
  workspace: string;
  keyUri: string;
  caller: KmsCaller;
  runtime: Runtime;
  ttlMs: number;
}): Promise<Validation> {
  const { runtime, caller, workspace, keyUri } = options;
  const probe = Buffer.alloc(32);
  const dekId = Buffer.alloc(16);
  runtime.fill(probe);
  runtime.fill(dekId);
  const spec = {
    workspace,
    keyUri,
    path: 'validate',
    cause: 'validate',
    dekId: dekId.toString('hex'),
    dekAgeMs: 0,
    at: runtime.now(),
    generation: 0,
    coalesced: () => 0,
    fingerprint: () => undefined,
    leaseMs: 0,
  } as const;
  let operation: 'Encrypt' | 'Decrypt' = 'Encrypt';
  try {
    const wrapped = await caller.call(
      { ...spec, operation },
      (provider, request) => provider.wrap(probe, request),
      (answer) => answer.bytes,
    );
    operation = 'Decrypt';
    await caller.call(
      { ...spec, operation },
      (provider, request) => provider.unwrap(wrapped.value, request),
      (answer) => {
        const same = answer.bytes.length === probe.length && timingSafeEqual(answer.bytes, probe);
        if (!same) throw new KmsFault('wrong-key', 'NotWhatWasWrapped', { sent: true });
      },
    );
    return { ok: true, state: 'active' };
  } catch (error) {
    if (!(error instanceof KmsFault)) throw error;
    const now = runtime.now();
    const since = caller.refusedSince(operation, keyUri) ?? now;
    const told = { operation, since, reason: error.reason, missing: missingPart(error) };
    if (error.kind !== 'denied') return { ok: false, state: 'unreachable', ...told };
    const inForceBy = since + options.ttlMs;
    const state = now < inForceBy ? 'being-revoked' : 'revoked';
    return { ok: false, state, ...told, inForceBy };
  }
}

type Missing = Extract<Validation, { ok: false }>['missing'];

function missingPart(fault: KmsFault): Missing {
  if (fault.kind === 'wrong-key') return 'key';
  if (fault.kind === 'denied') {
    if (fault.lacks !== undefined) return fault.lacks;
    if (/^ForbiddenBy(?:Firewall|Connection)/.test(fault.reason)) return 'network';
    return keyReasons.test(fault.reason) ? 'key' : 'permission';
  }
  return credentialReasons.test(fault.reason) ? 'credentials' : 'service';
}
