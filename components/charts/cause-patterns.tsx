import { causePaint, paintedCauses } from './cause-style.ts';

type Marks = 'plain' | 'rising' | 'falling' | 'dots' | 'rows' | 'columns' | 'grid' | 'rings';

const marks: ReadonlyMap<string, Marks> = new Map([
  ['dek.first', 'plain'],
  ['dek.rotation', 'rising'],
  ['dek.limit', 'grid'],
  ['dek.adopted', 'dots'],
  ['load.first', 'falling'],
  ['load.first.historical', 'rows'],
  ['load.first.cold-start', 'plain'],
  ['load.first.fan-out', 'grid'],
  ['load.expired', 'plain'],
  ['load.reopened', 'dots'],
  ['load.evicted', 'grid'],
  ['load.after-denial', 'columns'],
  ['refresh.ahead', 'rows'],
  ['validate', 'rings'],
  ['dek.made', 'rows'],
  ['dek.parallel', 'columns'],
  ['uncached', 'falling'],
  ['probe', 'rings'],
  ['service', 'plain'],
  ['job', 'columns'],
  ['throttled', 'grid'],
  ['denied', 'falling'],
  ['retry', 'rising'],
  ['console', 'dots'],
  ['stranger', 'falling'],
  ['suspect', 'columns'],
  ['telemetry-lost', 'rising'],
  ['unknown', 'dots'],
]);

const shapes: Record<Marks, React.ReactNode> = {
  plain: null,
  rising: <path d="M-2 2l4-4M0 8l8-8M6 10l4-4" />,
  falling: <path d="M-2 6l4 4M0 0l8 8M6-2l4 4" />,
  dots: <path d="M2 2h.01M6 6h.01" strokeWidth="2.4" strokeLinecap="round" />,
  rows: <path d="M0 2h8M0 6h8" />,
  columns: <path d="M2 0v8M6 0v8" />,
  grid: <path d="M0 4h8M4 0v8" />,
  rings: <circle cx="4" cy="4" r="2.2" />,
};

function Pattern({ id, colour, kind }: { id: string; colour: string; kind: Marks }) {
  return (
    <pattern id={id} width="8" height="8" patternUnits="userSpaceOnUse">
      <rect width="8" height="8" fill={colour} />
      <g fill="none" stroke="var(--pattern-mark)" strokeWidth="1.6">
        {shapes[kind]}
      </g>
    </pattern>
  );
}

/** Every pattern of every chart, once a page; charts and legends refer to them by id. */
export function CausePatterns() {
  return (
    <svg className="pattern-defs" width="0" height="0" aria-hidden="true" focusable="false">
      <defs>
        {[...paintedCauses, 'other'].map((cause) => {
          const { id, colour } = causePaint(cause);
          return <Pattern key={cause} id={id} colour={colour} kind={marks.get(cause) ?? 'rings'} />;
        })}
        <Pattern id="bar-total" colour="var(--bar-total)" kind="plain" />
        <Pattern id="bar-less" colour="var(--bar-less)" kind="rising" />
        <Pattern id="bar-more" colour="var(--bar-more)" kind="dots" />
        <pattern id="bar-incomplete" width="8" height="8" patternUnits="userSpaceOnUse">
          <rect width="8" height="8" fill="var(--hatch-wash)" />
          <path
            d="M-2 2l4-4M0 8l8-8M6 10l4-4"
            stroke="var(--hatch)"
            strokeWidth="1.2"
            fill="none"
          />
        </pattern>
      </defs>
    </svg>
  );
}
