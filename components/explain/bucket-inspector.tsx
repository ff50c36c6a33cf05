'use client';

import { useId } from 'react';
import { countText, rangeText } from '../../lib/shared/screen-text.ts';
import { urlInstant } from '../../lib/shared/window-param.ts';
import { CauseName } from '../charts/cause-swatch.tsx';
import type { CauseRow } from '../charts/model/cause-series.ts';
import { shareSegments } from '../charts/model/share-segments.ts';
import { CountLink } from '../ui/count-link.tsx';

/** The chart's one tab stop: arrows move through the buckets, whose causes are then links. */
export function BucketInspector({
  rows,
  shown,
  onMove,
}: {
  rows: readonly CauseRow[];
  shown: CauseRow | null;
  onMove: (start: number | null) => void;
}) {
  const id = useId();
  const index = shown ? rows.indexOf(shown) : rows.length - 1;
  const at = (row: CauseRow): string => rangeText({ from: row.start, to: row.end });
  return (
    <div className="bucket-inspector">
      <label htmlFor={id} className="visually-hidden">
        Bar to inspect
      </label>
      <input
        id={id}
        type="range"
        min={0}
        max={Math.max(0, rows.length - 1)}
        value={index}
        aria-valuetext={
          shown ? `${at(shown)}: ${countText(shown.requests)} KMS requests` : 'No bar chosen'
        }
        onChange={(event) => onMove(rows[Number(event.target.value)]?.start ?? null)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onMove(null);
        }}
      />
      {shown ? (
        <p className="bucket-readout">
          <strong>{at(shown)}</strong>
          <span>
            <span className="num">{countText(shown.requests)}</span> requests,{' '}
            <span className="num">{countText(shown.messages)}</span> messages
          </span>
          {shareSegments(shown.causes).map(({ cause, count }) => (
            <span key={cause}>
              <CauseName cause={cause} />{' '}
              <CountLink
                value={count}
                label={`Calls for ${cause}`}
                href={
                  `/calls?cause=${encodeURIComponent(cause)}` +
                  `&from=${urlInstant(shown.start)}&to=${urlInstant(shown.end)}`
                }
              />
            </span>
          ))}
        </p>
      ) : (
        <p className="bucket-readout muted">Slide along the bars to read one.</p>
      )}
    </div>
  );
}
