/** The explanation as a Markdown report: every number is a term of the ledger, or says what else it is. */
import { causeLabel } from '../../shared/causes.ts';
import type {
  Comparison,
  ExplainView,
  LedgerLine,
  LogCauses,
  PrincipalUse,
} from '../../shared/dto.ts';
import { markdownText } from '../../shared/escape.ts';
import { foundText, type LogFinding, verdictWords } from '../../shared/log-view.ts';
import { countText, instantText, nounText, shareText, spanText } from '../../shared/screen-text.ts';

/** A view, and what repeats in it, from telemetry or the log. */
export type Explanation = ExplainView & { pattern: NonNullable<ExplainView['pattern']> };

export function renderReport(view: Explanation): string {
  const { window, filter } = view;
  const scope = Object.entries(filter).map(([name, value]) => `${name} “${markdownText(value)}”`);
  return [
    '# Why the KMS was called as often as it was',
    `${instantText(window.from)} to ${instantText(window.to)}${scope.length > 0 ? `, ${scope.join(', ')}` : ''}`,
    caveat(view),
    markdownText(view.sentences.join(' ')),
    '## Ledger',
    ...view.ledger.lines
      .filter(({ total }) => view.logCauses === null || total > 0)
      .map(ledgerTable),
    residualText(view),
    ...section('Causes', causeTable(view)),
    ...section('Causes, as the log tells', logCauseTable(view.logCauses)),
    ...section('What the log shows', findingTable(view.logFindings)),
    ...section('Spikes and drops', list(view.spikes.map(({ sentence }) => sentence))),
    ...section('Pattern', list(patternTexts(view.pattern))),
    ...section('Busiest hours', busiestTable(view)),
    ...section('Lookups a message', perMessageTable(view)),
    ...section('Compared', view.comparisons.map(comparisonTable).join('\n\n')),
    ...section('Cost', costTable(view)),
    ...section('What to change', list(view.advice.map(({ text }) => text))),
    ...section('What is promised', promiseTable(view.promise)),
    ...section('Closed form', markdownText(view.closedForm?.sentence ?? '')),
    ...section(
      view.logCauses === null ? 'Strangers and suspects' : 'Who used the key',
      strangersTable(view),
    ),
    ...section('What would tell more', list(view.helps.map(({ text }) => text))),
    ...section('Coverage', coverageTable(view)),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

const section = (title: string, body: string): string[] =>
  body === '' ? [] : [`## ${title}`, body];

const list = (items: readonly string[]): string =>
  items.map((item) => `- ${markdownText(item)}`).join('\n');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.map(markdownText).join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** What is incomplete; empty where nothing is. */
function caveat({ coveredUntil, window, coverage, ledger }: ExplainView): string {
  if (coveredUntil === null)
    return '> No audit log has been read: nothing here is confirmed by one.';
  if (coveredUntil >= window.to) return '';
  if (coverage.every(({ kind }) => kind === 'file')) {
    const log = ledger.lines.find(({ id }) => id === 'log');
    const after = log?.terms.find(({ id }) => id === 'pending')?.value ?? 0;
    return after === 0
      ? ''
      : `> The audit log’s files end at ${instantText(coveredUntil)}; requests made after it are not in them.`;
  }
  const lagMs = Math.max(0, ...coverage.map((source) => source.lagMs ?? 0));
  const lag = lagMs > 0 ? `; it runs about ${spanText(lagMs)} behind` : '';
  return `> Incomplete: the audit log covers this window up to ${instantText(coveredUntil)}${lag}.`;
}

function ledgerTable(line: LedgerLine): string {
  const rows = line.terms.map(({ label, value, share, evidence }) => [
    label,
    countText(value),
    share === null ? '' : shareText(share),
    evidence,
  ]);
  if (line.residual !== 0) rows.push(['Unaccounted for', countText(line.residual), '', '']);
  return `**${line.label}: ${countText(line.total)}**\n\n${table(['Term', 'Count', 'Share', 'Evidence'], rows)}`;
}

const residualText = ({ ledger: { residual }, sumsBefore }: ExplainView): string =>
  sumsBefore !== null
    ? `Kept as sums only until ${instantText(sumsBefore)}: what is unexplained is not known.`
    : residual === 0
      ? 'Nothing is unaccounted for.'
      : `${nounText(residual, 'count')} could not be accounted for.`;

function causeTable({ buckets }: ExplainView): string {
  const causes = new Map<string, number>();
  for (const bucket of buckets)
    for (const [cause, n] of Object.entries(bucket.causes))
      causes.set(cause, (causes.get(cause) ?? 0) + n);
  const total = [...causes.values()].reduce((sum, n) => sum + n, 0);
  const rows = [...causes]
    .sort((a, b) => b[1] - a[1])
    .map(([cause, n]) => [causeLabel(cause), countText(n), shareText(n / total)]);
  return table(['Cause', 'KMS calls', 'Share'], rows);
}

function logCauseTable(causes: LogCauses | null): string {
  if (causes === null) return '';
  const rows = causes.causes.map(({ cause, events, how, confidence }) => [
    causeLabel(cause),
    countText(events),
    cause === 'unknown' ? '' : how === 'claimed' ? 'claimed by the event' : 'inferred',
    cause === 'unknown' || how === 'claimed' ? '' : shareText(confidence),
  ]);
  const sampled =
    causes.examined < causes.of
      ? `\n\nSampled: ${countText(causes.examined)} of ${countText(causes.of)} events were looked at.`
      : '';
  return `${table(['Cause', 'Events', 'Known how', 'Confidence'], rows)}${sampled}`;
}

function findingTable(findings: readonly LogFinding[] | null): string {
  const rows = (findings ?? [])
    .slice(0, findingsMax)
    .map((one) => [
      one.invokedBy === null ? one.principal : `${one.invokedBy} for ${one.principal}`,
      countText(one.requests),
      one.names.map(({ name, role }) => `${name} (${role})`).join(', '),
      identityWords[one.identity],
      one.ttl === null
        ? 'unknown'
        : `${spanText(one.ttl.ms)} (${countText(one.ttl.waits)} re-asks)`,
      one.dekLifetimeMs === null ? 'unknown' : spanText(one.dekLifetimeMs),
    ]);
  return table(['Who', 'Requests', 'Context', 'A context is', 'TTL', 'A data key lives'], rows);
}

const findingsMax = 20;
const identityWords: Record<LogFinding['identity'], string> = {
  key: 'one data key',
  scope: 'many data keys',
  none: 'not there',
  'left-out': 'left out by the export',
  unknown: 'one data key or many',
};

const patternTexts = ({ sentences, lines }: Explanation['pattern']): string[] => [
  ...sentences,
  ...lines.map(({ sentence }) => sentence),
];

function promiseTable(promise: ExplainView['promise']): string {
  if (promise === null) return '';
  const rows = promise.checks.map(({ id, label, statedMs, foundMs, verdict, because }) => [
    label,
    statedMs === null ? '' : spanText(statedMs),
    foundMs === null ? '' : foundText({ id, foundMs }),
    verdictWords[verdict],
    because,
  ]);
  const stated = promise.stated.told ? 'Stated' : 'Stated, as a rule';
  return table(['What', stated, 'Found', 'Verdict', 'Because'], rows);
}

function busiestTable({ busiestHours, logCauses }: ExplainView): string {
  const rows = busiestHours.map(({ hour, calls, mainCause, mainShare }) => [
    instantText(hour),
    countText(calls),
    `${causeLabel(mainCause)} (${shareText(mainShare)})`,
  ]);
  return table(['Hour', logCauses === null ? 'KMS calls' : 'Events', 'Most of them'], rows);
}

function perMessageTable({ perMessage }: ExplainView): string {
  const rows = perMessage.operations.map(({ scope, path, n, perMessage: ratio }) => [
    `${path}, ${scope === 'outside' ? 'outside of any message' : 'in a message'}`,
    countText(n),
    ratio === null ? '' : ratio.toFixed(2),
  ]);
  return table(['Lookups', 'Count', 'A message'], rows);
}

function comparisonTable({ kind, window, counts }: Comparison): string {
  const title = kind === 'previous' ? 'The period before' : 'The same weekday';
  const head = `**${title}**, ${instantText(window.from)} to ${instantText(window.to)}`;
  const rows = counts.map(({ label, now, before }) => [
    label,
    countText(now),
    before === null ? 'no data' : countText(before),
    before === null
      ? ''
      : before === 0
        ? now === 0
          ? ''
          : 'new'
        : shareText((now - before) / before),
  ]);
  return `${head}\n\n${table(['', 'Now', 'Then', 'Change'], rows)}`;
}

function costTable({ costs }: ExplainView): string {
  const rows = costs.map((cost) => [
    cost.provider,
    `${cost.amount.toFixed(4)} ${cost.currency}`,
    cost.amountWithoutCache === null
      ? 'not known'
      : `${cost.amountWithoutCache.toFixed(4)} ${cost.currency}`,
    cost.payer,
  ]);
  return table(['Cloud', 'This window', 'Without caching', 'Billed to'], rows);
}

function addressesText({
  sourceIps,
  addresses,
}: Pick<PrincipalUse, 'sourceIps' | 'addresses'>): string {
  const more = addresses - sourceIps.length;
  return [...sourceIps, ...(more > 0 ? [`${countText(more)} more`] : [])].join(', ');
}

function strangersTable({ strangers }: ExplainView): string {
  const rows = strangers.map(({ kind, name, events, firstAt, lastAt, services, ...from }) => [
    kind,
    name,
    countText(events),
    `${instantText(firstAt)} to ${instantText(lastAt)}`,
    addressesText(from),
    services.join(', '),
  ]);
  return table(['Kind', 'Principal', 'Events', 'When', 'From', 'Asked by'], rows);
}

function coverageTable({ coverage }: ExplainView): string {
  const rows = coverage.map(({ id, status, coveredUntil, message }) => [
    id,
    status,
    coveredUntil === null ? 'unknown' : instantText(coveredUntil),
    message ?? '',
  ]);
  return table(['Source', 'Status', 'Complete until', 'What to do'], rows);
}
