'use client';

import { callsHref } from '../../lib/shared/calls-href.ts';
import type { Ledger, LedgerLine } from '../../lib/shared/dto.ts';
import { isUncounted } from '../../lib/shared/is-uncounted.ts';
import { shareText, signedText } from '../../lib/shared/screen-text.ts';
import { StateBox } from '../states/state-box.tsx';
import { CountLink } from '../ui/count-link.tsx';
import { Term } from '../ui/term.tsx';
import { WiderLink } from '../ui/wider-link.tsx';
import './ledger.css';

/** The ledger line by line: each total, the terms that make it up, and what is left. */
export function LedgerTable({ ledger, sumsOnly }: { ledger: Ledger; sumsOnly: boolean }) {
  if (isUncounted(ledger))
    return (
      <StateBox
        kind="empty"
        title="Nothing to account for"
        text="Neither telemetry nor an audit log tells of anything in this window."
        action={<WiderLink />}
      />
    );
  return (
    <div className="ledger">
      {ledger.lines.map((line) => (
        <LedgerLineTable key={line.id} line={line} sumsOnly={sumsOnly} />
      ))}
    </div>
  );
}

/** Nobody keeps a list of lookups, nor of calls but by their attempts. */
const totals: ReadonlyMap<string, string> = new Map([
  ['attempts', callsHref({})],
  ['log', callsHref({})],
  ['events', callsHref({ show: 'logged' })],
]);

/** One line: its total and the terms that make it up. */
export function LedgerLineTable({ line, sumsOnly }: { line: LedgerLine; sumsOnly: boolean }) {
  return (
    <table className="ledger-line">
      <caption className="visually-hidden">{line.label}</caption>
      <thead>
        <tr>
          <th scope="row">{line.label}</th>
          <td>
            <CountLink value={line.total} href={totals.get(line.id)} label={line.label} />
          </td>
          <td className="ledger-share">share</td>
        </tr>
      </thead>
      <tbody>
        {line.terms.map((term) => (
          <tr key={term.id} title={`${term.about} Summed from ${term.evidence}.`}>
            <th scope="row">{term.label}</th>
            <td>
              <CountLink
                value={term.value}
                href={term.href}
                label={term.label}
                text={signedText(term.value)}
              />
            </td>
            <td className="ledger-share num">{term.share === null ? '' : shareText(term.share)}</td>
          </tr>
        ))}
        {!sumsOnly && (
          <tr className={line.residual === 0 ? 'ledger-residual' : 'ledger-residual is-off'}>
            <th scope="row">
              <Term of="residual">Unexplained</Term>
            </th>
            <td className="num">{signedText(line.residual)}</td>
            <td className="ledger-share num">
              {line.total === 0 ? '' : shareText(line.residual / line.total)}
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
