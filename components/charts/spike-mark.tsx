import { percent, placeIn, type Range } from './model/plot.ts';

const hitHalf = 7;

/** A spike's interval as a wash with a mark on top; however narrow it is, the pointer meets it. */
export function SpikeMark({ of, x, onPick }: { of: Range; x: Range; onPick?: () => void }) {
  const place = placeIn(of, x);
  if (place === null) return null;
  const width = { width: `max(3px, ${percent(place.width)})` };
  return (
    <g className={onPick ? 'spike-mark is-link' : 'spike-mark'}>
      <rect
        x={percent(place.x)}
        style={width}
        height="100%"
        fill="var(--spike-wash)"
        pointerEvents="none"
      />
      <svg x={percent(place.x + place.width / 2)} overflow="visible" aria-hidden="true">
        <path d="M-5 -9h10l-5 8z" fill="var(--spike)" pointerEvents="none" />
        {onPick && (
          // biome-ignore lint/a11y/noStaticElementInteractions: the list of spikes has the same as links
          <rect
            x={-hitHalf}
            y={-9}
            width={2 * hitHalf}
            height="100%"
            fill="transparent"
            onClick={onPick}
          />
        )}
      </svg>
      {onPick && (
        // biome-ignore lint/a11y/noStaticElementInteractions: the list of spikes has the same as links
        <rect
          x={percent(place.x)}
          style={width}
          height="100%"
          fill="transparent"
          onClick={onPick}
        />
      )}
    </g>
  );
}
