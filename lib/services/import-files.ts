import type { AuditRecord, Provider, Rejected } from '../domain/audit-record.ts';
import { addTo } from '../shared/counts.ts';
import { readAuditFiles } from '../sources/files/read-records.ts';
import { writeAuditSource } from '../store/audit-sources.ts';
import type { ServiceContext } from './context.ts';
import { ingestAudit } from './ingest-audit.ts';

/** What an import took in: the keys are those of `keytide import --json`. */
export interface ImportReport {
  files: number;
  records: number;
  /** Distinct KMS events in the files. */
  kmsEvents: number;
  /** KMS records that were there already, in these files or in the store. */
  duplicates: number;
  ignored: Record<string, number>;
  rejected: Rejected[];
}

const recordsPerBatch = 5_000;
const source = 'files';

/** Takes audit records in from files and folders; taken twice they count once. One bad record loses only itself. */
export async function importFiles({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: { paths: string[]; provider?: Provider; onFile?: (file: string) => void };
}): Promise<ImportReport> {
  const report: ImportReport = {
    files: 0,
    records: 0,
    kmsEvents: 0,
    duplicates: 0,
    ignored: {},
    rejected: [],
  };
  const ignored = new Map<string, number>();
  const seen = new Set<string>();
  let batch: AuditRecord[] = [];
  const fileOf = new Map<AuditRecord, string>();
  let coveredUntil = 0;
  let taken = 0;
  const flush = async () => {
    const input = { records: batch, source, seenAt: null };
    const { added, rejected } = await ingestAudit({ ctx, input });
    report.duplicates += batch.length - added - rejected.length;
    taken += batch.length - rejected.length;
    for (const { record, reason } of rejected) {
      seen.delete(record.eventId);
      const file = fileOf.get(record) ?? '';
      report.rejected.push({ file, offset: 0, reason: `event ${record.eventId}: ${reason}` });
    }
    batch = [];
    fileOf.clear();
  };
  const { paths, provider, onFile } = input;
  const files = readAuditFiles(paths, { ...(provider && { provider }), ...(onFile && { onFile }) });
  for await (const file of files) {
    report.files += 1;
    report.records += file.records;
    for (const [reason, n] of Object.entries(file.ignored)) {
      addTo(ignored, reason, n);
    }
    report.rejected.push(...file.rejected);
    for (const { eventId, at } of file.items) {
      seen.add(eventId);
      coveredUntil = Math.max(coveredUntil, at);
    }
    for (const item of file.items) {
      batch.push(item);
      fileOf.set(item, file.file);
    }
    if (batch.length >= recordsPerBatch) await flush();
  }
  await flush();
  report.kmsEvents = seen.size;
  report.ignored = Object.fromEntries(ignored);
  if (taken > 0) await recordSource(ctx, coveredUntil);
  return report;
}

async function recordSource(ctx: ServiceContext, coveredUntil: number): Promise<void> {
  await writeAuditSource(ctx.db, {
    id: source,
    kind: 'file',
    status: 'file',
    message: null,
    cursorAt: null,
    polledAt: null,
    coveredUntil,
    updatedAt: await ctx.now(),
  });
}
