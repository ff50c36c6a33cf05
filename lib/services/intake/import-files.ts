import type { AuditRecord, Provider, Rejected } from '../../domain/audit-record.ts';
import { type IgnoredReason, ignoredCodes } from '../../domain/intake-codes.ts';
import { isAside } from '../../domain/kms-operations.ts';
import { type AuditFile, readAuditFiles } from '../../sources/files/read-records.ts';
import { writeAuditSource } from '../../store/entities/audit-sources.ts';
import type { ServiceContext } from '../context.ts';
import { EventCount } from './event-count.ts';
import { type AuditTaken, ingestAudit } from './ingest-audit.ts';
import { KeyCount, type KeyEvents } from './key-count.ts';

/** What an import took in: the keys are those of `keytide import --json`. */
export interface ImportReport {
  files: number;
  records: number;
  /** Distinct KMS events that are of use: neither refused nor past retention. */
  kmsEvents: number;
  /** KMS records that were there before, in these files or in the store. */
  duplicates: number;
  /** Under which keys these events lie. */
  keys: KeyEvents[];
  ignored: Partial<Record<IgnoredReason, number>>;
  rejected: Rejected[];
  /** How many were rejected; `rejected` lists a bounded number of them. */
  rejectedCount: number;
  /** What the records were wrapped in, most first. */
  shapes: ImportShape[];
  /** A file in which each reason of `ignored` was met. */
  ignoredIn: Partial<Record<IgnoredReason, string>>;
}

export interface ImportShape {
  shape: string;
  records: number;
  files: number;
  /** A file that has it. */
  example: string;
  /** Fields of CloudTrail that some of these have no column for: what rests on them is unknown. */
  missing: string[];
}

/** Larger ones cost as much time, and more memory. */
const recordsPerBatch = 1_000;
const rejectedMax = 10_000;
const source = 'files';

/** Nothing that was read can be explained. */
export const isUseless = ({ kmsEvents }: Pick<ImportReport, 'kmsEvents'>): boolean =>
  kmsEvents === 0;

export interface ImportInput {
  paths: string[];
  provider?: Provider;
  onFile?: (file: string) => void;
}

/** Takes audit records in from files and folders; taken twice they count once. One bad record loses only itself. */
export async function importFiles({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: ImportInput;
}): Promise<ImportReport> {
  const { report, coveredUntil } = await takeFiles(input, (records) =>
    ingestAudit({ ctx, input: { records, source, seenAt: null } }),
  );
  if (report.kmsEvents > 0) await recordSource(ctx, coveredUntil);
  return report;
}

/** Gives what files hold to `take`, each event once, batch by batch, and says what became of it. */
export async function takeFiles(
  { paths, provider, onFile }: ImportInput,
  take: (records: AuditRecord[]) => Promise<AuditTaken>,
): Promise<{ report: ImportReport; coveredUntil: number }> {
  const report = emptyReport();
  const seen = new EventCount();
  const seenAside = new EventCount();
  const shapes = new Map<string, ImportShape>();
  let batch: AuditRecord[] = [];
  const trail: AuditRecord[] = [];
  const fileOf = new Map<AuditRecord, string>();
  let coveredUntil = 0;
  let refused = 0;
  const tooOld = new EventCount();
  const keys = new KeyCount();
  const flush = async () => {
    const { added, old, rejected } = await take(batch);
    for (const record of old) {
      tooOld.add(record);
      addIgnored(report, 'past-retention', { n: 1, file: fileOf.get(record) ?? '' });
    }
    report.duplicates += batch.length - added - old.length - rejected.length;
    refused += rejected.length;
    const lost = new Set([...old, ...rejected.map(({ record }) => record)]);
    keys.add(batch.filter((record) => !lost.has(record)));
    for (const { record, reason } of rejected)
      addRefused(report, `event ${record.eventId}: ${reason}`, fileOf.get(record) ?? '');
    batch = [];
    fileOf.clear();
  };
  const files = readAuditFiles(paths, { ...(provider && { provider }), ...(onFile && { onFile }) });
  for await (const file of files) {
    if (file.part === 0) report.files += 1;
    addFile(report, file);
    addShapes(shapes, file);
    if (batch.length + file.items.length > recordsPerBatch) await flush();
    for (const item of file.items) {
      if (isAside(item.action)) {
        if (seenAside.add(item)) trail.push(item);
        continue;
      }
      if (!seen.add(item)) {
        report.duplicates += 1;
        continue;
      }
      coveredUntil = Math.max(coveredUntil, item.at);
      batch.push(item);
      fileOf.set(item, file.file);
    }
  }
  await flush();
  // Changes to the log itself are stored, as they tell why events are missing; they are no KMS events.
  await take(trail);
  if (trail.length > 0) report.ignored['not-kms'] = (report.ignored['not-kms'] ?? 0) + trail.length;
  report.kmsEvents = seen.size - tooOld.size - refused;
  report.keys = keys.list();
  report.shapes = [...shapes.values()].sort((a, b) => b.records - a.records);
  return { report, coveredUntil };
}

const emptyReport = (): ImportReport => ({
  files: 0,
  records: 0,
  kmsEvents: 0,
  duplicates: 0,
  keys: [],
  ignored: {},
  rejected: [],
  rejectedCount: 0,
  shapes: [],
  ignoredIn: {},
});

function addRefused(report: ImportReport, reason: string, file: string): void {
  report.rejectedCount += 1;
  if (report.rejected.length < rejectedMax)
    report.rejected.push({ file, offset: 0, code: 'invalid', reason });
}

function addFile(report: ImportReport, file: AuditFile): void {
  report.records += file.records;
  for (const reason of ignoredCodes) {
    const n = file.ignored[reason];
    if (n !== undefined) addIgnored(report, reason, { n, file: file.file });
  }
  report.rejectedCount += file.rejected.length;
  for (const fault of file.rejected)
    if (report.rejected.length < rejectedMax) report.rejected.push(fault);
}

function addIgnored(
  report: ImportReport,
  reason: IgnoredReason,
  { n, file }: { n: number; file: string },
): void {
  report.ignored[reason] = (report.ignored[reason] ?? 0) + n;
  report.ignoredIn[reason] ??= file;
}

function addShapes(shapes: Map<string, ImportShape>, file: AuditFile): void {
  for (const { shape, records, missing } of file.shapes) {
    const known = shapes.get(shape) ?? {
      shape,
      records: 0,
      files: 0,
      example: file.file,
      missing: [],
    };
    known.records += records;
    if (file.part === 0) known.files += 1;
    known.missing = [...new Set([...known.missing, ...missing])];
    shapes.set(shape, known);
  }
}

async function recordSource(ctx: ServiceContext, coveredUntil: number): Promise<void> {
  await writeAuditSource(ctx.db, {
    id: source,
    kind: 'file',
    origin: 'file',
    status: 'file',
    message: null,
    cursorAt: null,
    polledAt: null,
    coveredUntil,
    updatedAt: await ctx.now(),
  });
}
