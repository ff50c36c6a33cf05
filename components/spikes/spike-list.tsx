'use client';

import { callsHref, spikeCountHref } from '../../lib/shared/calls-href.ts';
import { echoText } from '../../lib/shared/echo-param.ts';
import {
  dayText,
  nounText,
  rangeText,
  shareText,
  shownText,
  signedText,
  timeText,
} from '../../lib/shared/screen-text.ts';
import { type EchoOrigin, namedEcho, type SpikeView } from '../../lib/shared/spike-view.ts';
import { tupleKey } from '../../lib/shared/tuple-key.ts';
import { ShareBar } from '../charts/share-bar.tsx';
import { keyLabel } from '../hooks/key-label.ts';
import { Badge } from '../ui/badge.tsx';
import { CountLink } from '../ui/count-link.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { WrappedText } from '../ui/wrapped-text.tsx';
import { dropWords, originText, unitWords } from './spike-words.ts';
import './spikes.css';

/** Spikes and drops, furthest from expected first; each leads to its own page. */
export function SpikeList({ spikes }: { spikes: readonly SpikeView[] }) {
  const unit = unitWords[spikes[0]?.unit ?? 'calls'];
  return (
    <table className="data-table cards-on-phone spike-list">
      <caption className="visually-hidden">Spikes and drops, furthest from expected first</caption>
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">What happened</th>
          <th scope="col" className="is-number">
            {unit.title}
          </th>
          <th scope="col" className="is-number">
            Over expected
          </th>
          <th scope="col" className="col-bar">
            Causes
          </th>
          <th scope="col">Goes back to</th>
        </tr>
      </thead>
      <tbody>
        {spikes.map((spike) => (
          <Row key={spike.href} spike={spike} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ spike }: { spike: SpikeView }) {
  const { from, to, unit, calls, excess, causes, drop, key, workspace } = spike;
  return (
    <tr>
      <th scope="row" className="nowrap">
        <PageLink
          className="num"
          href={spike.href}
          aria-label={`${drop === null ? 'Spike' : 'Drop'} of ${rangeText({ from, to })}${workspace === null ? '' : ` in ${workspace}`}`}
        >
          {dayText(from)} {timeText(from)}
        </PageLink>
        <span className="second num">to {timeText(to)}</span>
      </th>
      <td className="col-sentence">
        <WrappedText text={shownText(spike.sentence)} />
        <span className="second break" title={key}>
          {workspace === null ? '' : `Workspace ${workspace}, `}key{' '}
          <WrappedText text={keyLabel(key)} />
        </span>
      </td>
      <td className="is-number" data-label={unitWords[unit].title}>
        <CountLink
          value={calls}
          href={spikeCountHref(spike) ?? spike.href}
          label={`Calls of the ${spike.direction} at ${timeText(from)}`}
        />
      </td>
      <td className="is-number" data-label="Over expected">
        {signedText(Math.round(excess))}
      </td>
      <td className="col-bar" data-label="Causes">
        <span className="share-slot">
          <ShareBar causes={causes} />
        </span>
      </td>
      <td data-label="Goes back to">
        <Origins spike={spike} />
      </td>
    </tr>
  );
}

/** The cohort that most of it goes back to, every other one it is an echo of, and its own echoes. */
function Origins({ spike }: { spike: SpikeView }) {
  const { drop, echoes, chain, from, href } = spike;
  const echo = namedEcho(spike);
  if (drop !== null) return <Badge tone="warn">{dropWords[drop.kind]}</Badge>;
  if (echo === null)
    return (
      <span className="muted">
        {spike.echo === null ? 'not traced by lineage' : 'no common origin'}
      </span>
    );
  const isEchoOfMain = echo.generation > 0;
  const others = isEchoOfMain ? echoes.slice(1) : echoes;
  const later = chain.length - 1 - echo.generation;
  return (
    <>
      <span>
        <Share spike={spike} of={echo} /> to {originText(echo, from)}
      </span>
      {later > 0 && (
        <span className="second">
          <CountLink
            value={later}
            text={nounText(later, 'echo', 'echoes')}
            href={href}
            label={`Echoes of the spike at ${timeText(from)}`}
          />{' '}
          {isEchoOfMain ? 'after it' : 'of it'}
        </span>
      )}
      {others.map((other) => (
        <span className="second" key={tupleKey(other.kind, other.at)}>
          <Share spike={spike} of={other} /> to {originText(other, from)}
        </span>
      ))}
    </>
  );
}

/** How much of a spike goes back to a group of loads: its calls. */
function Share({ spike, of }: { spike: SpikeView; of: EchoOrigin }) {
  const echo = echoText({ ...of, generation: null });
  return (
    <CountLink
      value={of.calls}
      text={shareText(of.share)}
      href={callsHref({ echo }, spike)}
      label={`Of the spike at ${timeText(spike.from)}, ${originText(of, spike.from)}`}
    />
  );
}
