'use client';

import dynamic from 'next/dynamic';
import { useRef, useState } from 'react';
import type { MarkerView } from '../../lib/shared/markers-view.ts';
import { instantText } from '../../lib/shared/screen-text.ts';
import type { WindowParam } from '../../lib/shared/window-param.ts';
import { useMarkers } from '../hooks/use-markers.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { PageLink } from '../ui/page-link.tsx';
import { type Flag, markerFlags } from './model/marker-flags.ts';
import './marker-row.css';

const PopoverBox = dynamic(async () => (await import('../ui/popover.tsx')).PopoverBox, {
  ssr: false,
});

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
          data-kind={flag.named?.kind}
          className={flag.isBefore ? 'is-before' : undefined}
          style={{
            [flag.isBefore ? 'right' : 'left']: `${(flag.isBefore ? 1 - flag.at : flag.at) * 100}%`,
            maxWidth: `${flag.room * 100}%`,
          }}
        >
          <FlagText flag={flag} />
        </li>
      ))}
    </ul>
  );
}

const told = ({ at, text }: MarkerView): string => `${instantText(at)}: ${text}`;

/** What stands at one place; pressed, all of it, for its text may be cut here. */
function FlagText({ flag: { markers, named } }: { flag: Flag }) {
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  const text = markers.length === 1 ? named?.text : `${named?.text} and ${markers.length - 1} more`;
  return (
    <>
      <button
        ref={button}
        type="button"
        title={markers.map(told).join('\n')}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => setIsOpen(true)}
      >
        {text}
      </button>
      {isOpen && (
        <PopoverBox trigger={button} label="What happened here" onClose={() => setIsOpen(false)}>
          <ul className="marker-list">
            {[...new Map(markers.map((marker) => [told(marker), marker]))].map(
              ([words, { href }]) => (
                <li key={words}>{href ? <PageLink href={href}>{words}</PageLink> : words}</li>
              ),
            )}
          </ul>
        </PopoverBox>
      )}
    </>
  );
}
