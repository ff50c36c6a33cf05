'use client';

import type { ExplainView } from '../../lib/shared/dto.ts';
import { isUncounted, isUnlogged } from '../../lib/shared/is-uncounted.ts';
import { verdictWords } from '../../lib/shared/log-view.ts';
import { instantText, nounText, shownText } from '../../lib/shared/screen-text.ts';
import { moneyText } from '../charts/model/figure-text.ts';
import { PageLink } from '../ui/page-link.tsx';
import { WrappedText } from '../ui/wrapped-text.tsx';
import './tiles.css';

interface Tile {
  label: string;
  href: string;
  value: string;
  note: string;
  isAlarm?: boolean;
}

/** What else there is to know, each in one figure that leads to its page. */
export function Tiles({ view }: { view: ExplainView }) {
  return (
    <nav className="tiles span-all" aria-label="More of this window">
      {tilesOf(view).map(({ label, href, value, note, isAlarm }) => (
        <PageLink key={label} className={isAlarm ? 'tile is-alarm' : 'tile'} href={href}>
          <span className="tile-label">{label}</span>
          <strong className="tile-value num">{value}</strong>
          <span className="tile-note">
            <WrappedText text={note} />
          </span>
        </PageLink>
      ))}
    </nav>
  );
}

function tilesOf(view: ExplainView): Tile[] {
  const tiles = [strangersTile(view), spikesTile(view), coverageTile(view), costTile(view)];
  return view.promise === null ? tiles : [...tiles, promiseTile(view.promise)];
}

function strangersTile(view: ExplainView): Tile {
  const { strangers, logCauses, sumsBefore } = view;
  const events = strangers.reduce((sum, use) => sum + use.events, 0);
  const label = logCauses === null ? 'Who else used the key' : 'Who used the key';
  const href = '/strangers';
  if (sumsBefore !== null) return { label, href, value: 'Not known', note: 'kept as sums only' };
  const [first] = strangers;
  const nobody = isUnlogged(view.ledger) ? 'Not known' : 'Nobody';
  return {
    label,
    href,
    value: first === undefined ? nobody : nounText(strangers.length, 'principal'),
    note:
      first === undefined ? noStranger(view) : `${nounText(events, 'event')}; most: ${first.name}`,
    isAlarm: strangers.some(({ kind }) => kind === 'suspect'),
  };
}

function noStranger({ filter, ledger }: ExplainView): string {
  if (Object.keys(filter).length > 0) return 'in what these filters show';
  return isUnlogged(ledger) ? 'no event lies in this window' : 'in what has been read';
}

function spikesTile({ spikes, ledger }: ExplainView): Tile {
  const [first] = spikes;
  const none = isUncounted(ledger) ? 'Not known' : 'None';
  return {
    label: 'Spikes and drops',
    href: '/spikes',
    value: first === undefined ? none : String(spikes.length),
    note:
      first !== undefined
        ? shownText(first.sentence)
        : isUncounted(ledger)
          ? 'nothing was counted'
          : 'every minute is as expected',
    isAlarm: spikes.some(({ direction }) => direction === 'drop'),
  };
}

function coverageTile({ coverage, coveredUntil }: ExplainView): Tile {
  const failing = coverage.find(({ status }) => status === 'failed' || status === 'behind');
  return {
    label: 'Audit log',
    href: '/details',
    value: coveredUntil === null ? 'Not connected' : nounText(coverage.length, 'source'),
    note:
      failing?.message ??
      (coveredUntil === null
        ? 'requests cannot be matched'
        : `complete until ${instantText(coveredUntil)}`),
    isAlarm: failing !== undefined,
  };
}

function costTile({ costs, ledger }: ExplainView): Tile {
  const href = '/details';
  const [first] = costs;
  if (first === undefined)
    return isUncounted(ledger)
      ? { label: 'Cost', href, value: 'Not known', note: 'nothing was counted' }
      : { label: 'Cost', href, value: 'Nothing', note: 'no request at a known price' };
  const { amount, amountPerMonth, currency } = first;
  const monthly =
    amountPerMonth === null
      ? ''
      : `about ${moneyText(amountPerMonth, currency)} a month, free requests taken off; `;
  return {
    label: 'Cost',
    href,
    value: moneyText(amount, currency),
    note: `${monthly}paid by ${first.payer}`,
  };
}

function promiseTile({ checks }: NonNullable<ExplainView['promise']>): Tile {
  const broken = checks.filter(({ verdict }) => verdict === 'not-consistent');
  const kept = checks.filter(({ verdict }) => verdict === 'consistent');
  return {
    label: 'What the vendor promises',
    href: '/details',
    value: broken.length > 0 ? 'Not consistent' : kept.length > 0 ? 'Consistent' : 'Not known',
    note:
      broken.length > 0
        ? broken.map(({ label }) => label).join(', ')
        : `${kept.length} of ${nounText(checks.length, 'check')}; ${verdictWords.unknown} the others`,
    isAlarm: broken.length > 0,
  };
}
