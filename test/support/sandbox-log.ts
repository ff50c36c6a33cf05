/** What a sandbox's service asked of a cloud's KMS, and what that cloud's log has of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import type { TelemetryBatch } from '../../lib/domain/telemetry-record.ts';
import { Sandbox } from '../../lib/sandbox/sandbox.ts';
import type { CloudName } from '../../lib/sandbox/sides/side.ts';
import { readAuditFiles } from '../../lib/sources/files/read-records.ts';
import { keepTelemetry } from './keep-telemetry.ts';
import { emptyBatch } from './records.ts';

const startMs = Date.UTC(2026, 10, 24, 9);
const hourMs = 3_600_000;
/** As many as `keytide up` has. */
const messagesPerHour = 2_000;

export interface SandboxLog {
  from: number;
  to: number;
  telemetry: TelemetryBatch;
  audit: AuditRecord[];
}

/** Hours of the default service, each cloud over its own wire but AWS in process, at so many times its load. */
export async function sandboxLog(
  cloud: CloudName,
  { hours, load = 1 }: { hours: number; load?: number },
): Promise<SandboxLog> {
  const dir = await mkdtemp(join(tmpdir(), 'keytide-sandbox-log-'));
  const telemetry = emptyBatch();
  const receiver = await keepTelemetry(telemetry);
  const to = startMs + hours * hourMs;
  const sandbox = new Sandbox({
    ...{ startMs, seed: 7, clouds: [cloud], messagesPerHour: load * messagesPerHour },
    otlp: { url: receiver.url, token: 'made-up' },
    plants: [{ kind: 'stranger', at: startMs + hourMs / 2, times: 5 }],
  });
  try {
    await sandbox.layHistory(to, () => {});
    // All that was logged has arrived by then.
    sandbox.clock.jumpTo(to + hourMs);
    const { files } = await sandbox.writeLogs(dir);
    const audit: AuditRecord[] = [];
    for await (const { items } of readAuditFiles(files)) audit.push(...items);
    return { from: startMs, to: to + hourMs, telemetry, audit };
  } finally {
    await sandbox.close();
    await receiver.close();
    await rm(dir, { recursive: true });
  }
}

/** The attempt of ours that a record is of, by its claim; null of others' records. */
export const truthOf = ({ claim }: AuditRecord): string | null =>
  claim && `${claim.process} ${claim.boot} ${claim.seq} ${claim.attempt}`;

/**
 * What of it is recorded: all; no claims, and of ten attempts one that saw its answer, so its id; neither claims nor
 * ids on either side.
 */
export const recordings = ['all', 'an id in ten', 'neither claims nor ids'] as const;

export function recorded(
  { telemetry, audit }: SandboxLog,
  what: (typeof recordings)[number],
): Pick<SandboxLog, 'telemetry' | 'audit'> {
  if (what === 'all') return { telemetry, audit };
  const hasIds = what === 'an id in ten';
  const answered = ({ seq }: { seq: number }) => hasIds && seq % 10 === 0;
  const attempts = telemetry.attempts.map((row) =>
    answered(row) ? row : { ...row, requestId: null },
  );
  return {
    telemetry: { ...telemetry, attempts },
    audit: audit.map((record) => ({
      ...record,
      claim: null,
      requestId: hasIds ? record.requestId : null,
    })),
  };
}
