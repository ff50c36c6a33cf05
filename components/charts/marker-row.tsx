'use client';

import type { MarkerView } from '../../lib/shared/markers-view.ts';
import { instantText } from '../../lib/shared/screen-text.ts';
import type { WindowParam } from '../../lib/shared/window-param.ts';
import { useMarkers } from '../hooks/use-markers.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { PageLink } from '../ui/page-link.tsx';
import { type Flag, markerFlags } from './model/marker-flags.ts';
import './marker-row.css';

/** Deploys, changes of keys and what was told, in one row under a time chart from `from` to `to`. */
export function MarkerRow({
  from,
  to,
  hasTwoAxes = false,
  window: own,
}: {
  from: number;
  to: number;
  /** The chart has an axis at its right too. */
  hasTwoAxes?: boolean;
  /** Where it is not the page's window. */
  window?: WindowParam;
}) {
  const { window, filter } = useUrlState();
  const flags = markerFlags(useMarkers(own ?? window, filter) ?? [], { from, to });
  return (
    <ul
      className={hasTwoAxes ? 'marker-row has-two-axes' : 'marker-row'}
      aria-label="Deploys, changes of keys and notes"
    >
      {flags.map((flag) => (
        <li
          key={flag.at}
          data-kind={flag.markers[0]?.kind}
          style={{ left: `${flag.at * 100}%`, maxWidth: `${flag.room * 100}%` }}
        >
          <FlagText flag={flag} />
        </li>
      ))}
    </ul>
  );
}

const told = ({ at, text }: MarkerView): string => `${instantText(at)}: ${text}`;

function FlagText({ flag: { markers } }: { flag: Flag }) {
  const [first, ...others] = markers;
  const words = markers.map(told).join('\n');
  const text = others.length === 0 ? first?.text : `${first?.text} and ${others.length} more`;
  const href = markers.find((marker) => marker.href !== null)?.href;
  if (!href) return <span title={words}>{text}</span>;
  return (
    <PageLink href={href} title={words} aria-label={`${text}: ${words}`}>
      {text}
    </PageLink>
  );
}
