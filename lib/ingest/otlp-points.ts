/** The data points of Keytide's metrics, as counts and as activity of DEKs. */
import type { TelemetryBatch } from '../domain/telemetry-record.ts';
import { tupleKey } from '../shared/tuple-key.ts';
import { boundedText, textBytesMax } from '../sources/bounded-text.ts';
import {
  type Attributes,
  attributesOf,
  attributeText,
  double,
  FieldFault,
  integer,
  isObject,
  nanosToMs,
  type Origin,
  whole,
  wordOf,
} from './otlp-fields.ts';

/** Rows of a request by what identifies them: both measures of a DEK are one row. */
export type DekRows = Map<string, DekRow>;

/** Counts of a minute over thousands of processes still fit the column below this. */
const countMax = 2 ** 48;

/** Adds one point of the metric `name` to the batch. @throws {FieldFault} */
export function addPoint(
  batch: TelemetryBatch,
  deks: DekRows,
  { origin, name, point }: { origin: Origin; name: string; point: unknown },
): void {
  if (!isObject(point)) throw new FieldFault('a data point is no object');
  const attributes = attributesOf(point.attributes);
  const n = pointNumber(point);
  const at = nanosToMs(point.startTimeUnixNano, 'startTimeUnixNano');
  const seq = whole(attributes, 'keytide.rollup.seq');
  if (name === 'keytide.dek.uses' || name === 'keytide.dek.bytes') {
    const workspace = attributeText(attributes, 'keytide.workspace');
    const dek = attributeText(attributes, 'keytide.dek.id');
    const row = dekRow(deks, { ...origin, at, seq, workspace, dek, uses: 0, bytes: 0 });
    row[name === 'keytide.dek.uses' ? 'uses' : 'bytes'] += n;
    return;
  }
  const where = { process: origin.process, boot: origin.boot, at, seq, n };
  batch.operations.push({ ...where, ...operationOf(name, attributes) });
}

type Operation = TelemetryBatch['operations'][number];

/** What a point counts, by its metric: lookups, messages, or what the sender says of its own telemetry. */
function operationOf(
  name: string,
  attributes: Attributes,
): Pick<Operation, 'workspace' | 'key' | 'scope' | 'path' | 'outcome'> & { n?: number } {
  if (name === 'keytide.telemetry.dropped') {
    const outcome = wordOf(attributes, 'keytide.signal', 'signal');
    return {
      workspace: '',
      key: '',
      scope: 'telemetry',
      path: 'dropped',
      outcome,
    };
  }
  if (name === 'keytide.telemetry.rollups') {
    return {
      n: whole(attributes, 'keytide.seq'),
      workspace: '',
      key: '',
      scope: 'telemetry',
      path: 'complete',
      outcome: attributes.get('keytide.last') === true ? 'last' : 'open',
    };
  }
  const named = {
    workspace: attributeText(attributes, 'keytide.workspace'),
    key: attributeText(attributes, 'keytide.key'),
  };
  if (name === 'keytide.messages')
    return { ...named, scope: 'message', path: 'message', outcome: 'message' };
  return {
    ...named,
    scope: wordOf(attributes, 'keytide.scope', 'scope'),
    path: wordOf(attributes, 'keytide.path', 'path'),
    outcome: wordOf(attributes, 'keytide.outcome', 'lookupOutcome'),
  };
}

function pointNumber({ asDouble, asInt }: Record<string, unknown>): number {
  const n = asDouble === undefined || asDouble === null ? integer(asInt) : double(asDouble);
  if (!Number.isSafeInteger(n) || n < 0) throw new FieldFault('asInt is no whole number');
  if (n > countMax) throw new FieldFault('asInt is larger than 2^48');
  return n;
}

type DekRow = TelemetryBatch['deks'][number];

function dekRow(deks: DekRows, row: DekRow): DekRow {
  const { process, boot, seq, dek, at } = row;
  const id = tupleKey(process, boot, seq, dek, at);
  const known = deks.get(id);
  if (known === undefined) deks.set(id, row);
  return known ?? row;
}

const metricNames: ReadonlySet<string> = new Set([
  'keytide.messages',
  'keytide.operations',
  'keytide.dek.uses',
  'keytide.dek.bytes',
  'keytide.telemetry.dropped',
  'keytide.telemetry.rollups',
]);

/** Why none of a metric's points is taken, or null. */
export function notTaken(name: string, sum: unknown): string | null {
  if (!metricNames.has(name))
    return `${boundedText(name, textBytesMax.word)} is no metric of Keytide's that is known here`;
  if (!isObject(sum)) return `${name} is no sum: send it as one`;
  // A cumulative sum would be counted again with each request.
  const { aggregationTemporality: temporality } = sum;
  if (temporality === 1 || temporality === 'AGGREGATION_TEMPORALITY_DELTA') return null;
  return 'a sum is not delta: export with delta temporality';
}

/** How many points a metric has, of whatever kind; one that has none counts as one. */
export function pointsOf(metric: unknown): number {
  if (!isObject(metric)) return 1;
  const { sum, gauge, histogram, exponentialHistogram, summary } = metric;
  const points = [sum, gauge, histogram, exponentialHistogram, summary].map((kind) =>
    isObject(kind) && Array.isArray(kind.dataPoints) ? kind.dataPoints.length : 0,
  );
  return Math.max(1, ...points);
}
