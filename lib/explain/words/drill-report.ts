/** A drill as a Markdown report, which prints as it is. */
import type { Drill, DrillView } from '../../shared/drill-view.ts';
import {
  darkText,
  drillVerdicts,
  promiseText,
  reasonText,
  refusalsAbsentText,
  revokedText,
  stateText,
} from '../../shared/drill-words.ts';
import { markdownText } from '../../shared/escape.ts';
import { countText, instantText } from '../../shared/screen-text.ts';

export function renderDrill(view: DrillView): string {
  const state = stateText(view);
  return [
    '# Revocation drill',
    `Key: ${markdownText(view.key)}`,
    view.log === null
      ? 'No audit log.'
      : `Log: ${instantText(view.log.from)} to ${instantText(view.log.to)}. Telemetry: ${view.telemetry ? 'yes' : 'none'}.`,
    markdownText(promiseText(view)),
    ...(state === null ? [] : [markdownText(state)]),
    ...(view.refusalsAbsent ? [`> ${refusalsAbsentText}`] : []),
    ...view.drills.flatMap(drillParts),
  ]
    .join('\n\n')
    .concat('\n');
}

function drillParts(one: Drill): string[] {
  return [
    `## ${instantText(one.revoked.at)}: ${drillVerdicts[one.verdict].toLowerCase()}`,
    markdownText(revokedText(one)),
    markdownText(darkText(one)),
    one.reasons.map((reason) => `- ${markdownText(reasonText(reason))}`).join('\n'),
    callerTable(one),
  ].filter((part) => part !== '');
}

function callerTable({ callers }: Drill): string {
  if (callers.length === 0) return '';
  const head = ['Process or session', 'Known by', 'Last success', 'First denied', 'Dark by'];
  const rows = callers.map((one) => [
    one.name,
    one.told ? 'telemetry' : 'the log',
    instant(one.lastSuccessAt),
    one.firstDeniedAt === null
      ? 'not seen'
      : `${instant(one.firstDeniedAt)} (${countText(one.denied)} denied)`,
    one.darkBy === null ? 'not known' : `${instant(one.darkBy)}${one.told ? '' : ', if promised'}`,
  ]);
  const line = (cells: readonly string[]) => `| ${cells.map(markdownText).join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

const instant = (at: number | null): string => (at === null ? 'none' : instantText(at, 'second'));
