'use client';

import { useMemo } from 'react';
import { callsHref } from '../../lib/shared/calls-href.ts';
import type { PatternView } from '../../lib/shared/pattern-view.ts';
import { countText, instantText, nounText } from '../../lib/shared/screen-text.ts';
import { Swatch } from '../charts/cause-swatch.tsx';
import {
  type CellFacts,
  type HeatGrid,
  type HeatLevel,
  heatGrid,
  heatScale,
  levelText,
} from '../charts/model/heatmap.ts';
import { PatternHeatmap } from '../charts/pattern-heatmap.tsx';
import { ExportLinks } from '../export/export-links.tsx';
import { ChartFigure } from '../export/save-chart.tsx';
import { useGo } from '../hooks/use-go.tsx';
import { useUrlState } from '../hooks/use-url-state.ts';
import { StateBox } from '../states/state-box.tsx';
import { CountLink } from '../ui/count-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { WiderLink } from '../ui/wider-link.tsx';
import { BrushTable } from './brush-table.tsx';
import { LineSwatch, lineWords } from './line-words.tsx';
import { HourTable } from './pattern-data-tables.tsx';

type Unit = PatternView['unit'];

const nouns: Record<Unit, { one: string; many: string }> = {
  calls: { one: 'request', many: 'KMS requests' },
  events: { one: 'event', many: 'audit events' },
};

const minuteMs = 60_000;

const minuteHref = ({ at }: CellFacts, unit: Unit): string =>
  callsHref(unit === 'calls' ? {} : { show: 'events' }, { from: at, to: at + minuteMs });

/** The heatmap with its lines, its legend and the cell that is read. */
export function PatternPanel({ view }: { view: PatternView }) {
  const { rows, lines, unit } = view;
  const grid = useMemo(() => heatGrid(rows), [rows]);
  const scale = useMemo(() => heatScale(grid.most), [grid]);
  const { link, values, set } = useUrlState();
  const go = useGo();
  return (
    <Panel
      title="Minute of the hour, hour by hour"
      className="span-all"
      tools={grid.most > 0 && <ExportLinks of="pattern" />}
      note={
        `Each row is an hour, the newest at the bottom; each column a minute of it. ` +
        `A cell counts ${nouns[unit].many}; click it for them. Drag over cells to compare them with the rest.`
      }
    >
      {grid.most === 0 ? (
        <StateBox
          kind="empty"
          title={`No ${nouns[unit].many} in this window`}
          text="The KMS was not called, or nothing has been received yet."
          action={<WiderLink />}
        />
      ) : (
        <>
          <Legend scale={scale} kinds={[...new Set(lines.map(({ kind }) => kind))]} grid={grid} />
          <ChartFigure words="Minute of the hour, hour by hour">
            <PatternHeatmap
              grid={grid}
              scale={scale}
              lines={lines}
              noun={nouns[unit].one}
              brush={values.brush}
              onBrush={(brush) => set({ brush })}
              onOpen={(cell) => go(link(minuteHref(cell, unit)))}
            >
              {(cell) => <Readout cell={cell} unit={unit} />}
            </PatternHeatmap>
          </ChartFigure>
          <HourTable grid={grid} noun={nouns[unit].many} />
          {values.brush && <BrushTable brush={values.brush} />}
          {grid.dropped > 0 && <Dropped grid={grid} />}
        </>
      )}
    </Panel>
  );
}

function Dropped({ grid }: { grid: HeatGrid }) {
  return (
    <p className="note">
      The newest {nounText(grid.rows.length, 'hour')} are drawn, not the {countText(grid.dropped)}{' '}
      before them: choose a shorter window to see those.
    </p>
  );
}

function Readout({ cell, unit }: { cell: CellFacts | null; unit: Unit }) {
  if (cell === null) {
    return (
      <p className="chart-readout muted">
        Point at a cell, or move with the arrow keys, to read it.
      </p>
    );
  }
  return (
    <p className="chart-readout">
      <strong className="num">{instantText(cell.at)}</strong>
      <CountLink
        value={cell.count}
        href={minuteHref(cell, unit)}
        label={`Calls of ${instantText(cell.at)}`}
        text={nounText(cell.count, nouns[unit].one)}
      />
      {cell.incomplete && <span className="muted">not complete yet</span>}
    </p>
  );
}

function Legend({
  scale,
  kinds,
  grid,
}: {
  scale: readonly HeatLevel[];
  kinds: readonly PatternView['lines'][number]['kind'][];
  grid: HeatGrid;
}) {
  return (
    <ul className="chart-legend heat-legend" aria-label="Legend">
      {scale.map((level) => (
        <li key={level.colour} className="num">
          <Swatch fill={`var(--heat-${level.colour})`} /> {levelText(level)}
        </li>
      ))}
      {kinds.map((kind) => (
        <li key={kind}>
          <LineSwatch kind={kind} /> {lineWords[kind].label}
        </li>
      ))}
      {grid.rows.some(({ incomplete }) => incomplete) && (
        <li>
          <Swatch fill="url(#bar-incomplete)" /> Not complete yet
        </li>
      )}
    </ul>
  );
}
