const widthMin = 3;
const hitMin = 14;

export interface SpikeMarkPlace {
  x?: number;
  y?: number;
  width?: number;
  height?: number;
}

/** A spike's interval as a wash with a mark on top; however narrow it is, the pointer meets it. */
export function SpikeMark({
  x = 0,
  y = 0,
  width = 0,
  height = 0,
  onPick,
}: SpikeMarkPlace & { onPick?: () => void }) {
  const wide = Math.max(width, widthMin);
  const hit = Math.max(width, hitMin);
  const middle = x + width / 2;
  return (
    <g className={onPick ? 'spike-mark is-link' : 'spike-mark'}>
      <rect
        x={middle - wide / 2}
        y={y}
        width={wide}
        height={height}
        fill="var(--spike-wash)"
        pointerEvents="none"
      />
      <path d={`M${middle - 5} ${y - 9}h10l-5 8z`} fill="var(--spike)" pointerEvents="none" />
      {onPick && (
        // biome-ignore lint/a11y/noStaticElementInteractions: the list of spikes has the same as links
        <rect
          x={middle - hit / 2}
          y={y - 9}
          width={hit}
          height={height + 9}
          fill="transparent"
          onClick={onPick}
        />
      )}
    </g>
  );
}
