'use client';

import { memo, useMemo, useState } from 'react';
import type { Brush, PatternLine } from '../../lib/shared/pattern-view.ts';
import {
  dayText,
  instantText,
  nounText,
  timeText,
  zoneAheadMs,
} from '../../lib/shared/screen-text.ts';
import { HeatLines } from './heat-lines.tsx';
import {
  brushPlace,
  type CellFacts,
  cellAfter,
  cellAt,
  cellFacts,
  type HeatCell,
  type HeatGrid,
  type HeatLevel,
  heatPaths,
  labelledRows,
} from './model/heatmap.ts';
import { percent } from './model/plot.ts';
import { useHeatDrag } from './use-heat-drag.ts';
import './heatmap.css';

const heightMax = 640;
const rowHeightMax = 22;
const labelHeight = 18;
const minuteTicks = [0, 10, 20, 30, 40, 50];

/**
 * Counts by minute of the hour, one row an hour, oldest on top. One tab stop: arrows move from cell to cell, Enter
 * opens the cell's calls, Esc lets go. Dragging, or arrows with Shift and Enter, selects a part of it.
 */
export function PatternHeatmap({
  grid,
  scale,
  lines,
  noun,
  brush,
  onOpen,
  onBrush,
  children,
}: {
  grid: HeatGrid;
  scale: readonly HeatLevel[];
  lines: readonly PatternLine[];
  /** The noun for one of what is counted. */
  noun: string;
  /** The part that is compared with the rest. */
  brush: Brush | null;
  onOpen: (cell: CellFacts) => void;
  onBrush: (brush: Brush) => void;
  /** Reads out the cell. */
  children: (cell: CellFacts | null) => React.ReactNode;
}) {
  const [cell, setCell] = useState<HeatCell | null>(null);
  const drag = useHeatDrag(grid, onBrush);
  const height = Math.round(Math.min(heightMax, grid.hours * rowHeightMax));
  const shown = cell !== null && cell.row < grid.hours ? cell : null;
  const facts = shown && cellFacts(shown, grid);
  const at = (event: React.PointerEvent): HeatCell | null => {
    const box = event.currentTarget.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return cellAt({ x, y }, grid);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === 'Escape') {
      // What is compared is the page's to clear.
      if (drag.isDragging || (cell !== null && brush === null)) event.preventDefault();
      setCell(null);
      drag.stop();
    }
    if (event.key === 'Enter' && drag.isDragging) return drag.end();
    if (event.key === 'Enter' && facts) onOpen(facts);
    const before = shown ?? { row: grid.hours - 1, minute: 0 };
    const next = cellAfter(before, event.key, grid);
    if (next === null) return;
    event.preventDefault();
    if (event.shiftKey) {
      drag.start(before);
      drag.move(next);
    }
    setCell(next);
  };
  return (
    <>
      <div className="heatmap" style={{ height }}>
        <RowLabels grid={grid} height={height} />
        <div
          className="heatmap-cells"
          role="slider"
          tabIndex={0}
          aria-label={`Minutes of the hour by hours, ${nounText(grid.hours, 'hour')}: cell to inspect`}
          aria-valuemin={0}
          aria-valuemax={Math.max(0, grid.hours * 60 - 1)}
          aria-valuenow={shown ? shown.row * 60 + shown.minute : 0}
          aria-valuetext={facts ? cellText(facts, noun) : 'No cell chosen'}
          onKeyDown={onKeyDown}
          onPointerMove={(event) => {
            setCell(at(event));
            if (event.buttons === 1) drag.move(at(event));
          }}
          onPointerDown={(event) => {
            setCell(at(event));
            // A finger scrolls the page, and reads a cell; the link below opens it.
            if (event.pointerType === 'mouse') drag.start(at(event));
          }}
          onPointerUp={(event) => {
            if (event.pointerType !== 'mouse') return;
            if (drag.isDragging) drag.end();
            else if (facts) onOpen(facts);
            else drag.stop();
          }}
        >
          <Cells grid={grid} scale={scale} />
          <HeatLines grid={grid} lines={lines} />
          {(drag.brush ?? brush) && <Brushed brush={drag.brush ?? brush} grid={grid} />}
          {shown && <Marker cell={shown} hours={grid.hours} />}
        </div>
        <MinuteLabels first={grid.first} />
      </div>
      {children(facts)}
    </>
  );
}

/** `2026-01-02 03:04 UTC: 45 requests`. */
const cellText = ({ at, count }: CellFacts, noun: string): string =>
  `${instantText(at)}: ${nounText(count, noun)}`;

const Cells = memo(function Cells({
  grid,
  scale,
}: {
  grid: HeatGrid;
  scale: readonly HeatLevel[];
}) {
  const paths = useMemo(() => heatPaths(grid, scale), [grid, scale]);
  const part = (row: number): string => `${(row / grid.hours) * 100}%`;
  const incomplete = grid.rows.filter((row) => row.incomplete);
  return (
    <>
      <svg
        className="heatmap-layer"
        viewBox={`0 0 60 ${Math.max(1, grid.hours)}`}
        preserveAspectRatio="none"
        shapeRendering="crispEdges"
        aria-hidden="true"
      >
        {paths.map(({ colour, path }) => (
          <path key={colour} d={path} fill={`var(--heat-${colour})`} />
        ))}
      </svg>
      <svg className="heatmap-layer" aria-hidden="true">
        {incomplete.map(({ hour }) => (
          <rect
            key={hour}
            y={part((hour - grid.first) / 3_600_000)}
            width="100%"
            height={part(1)}
            fill="url(#bar-incomplete)"
          />
        ))}
      </svg>
    </>
  );
});

/** What is selected, over the cells. */
function Brushed({ brush, grid }: { brush: Brush | null; grid: HeatGrid }) {
  if (brush === null || grid.hours === 0) return null;
  const { row, rows } = brushPlace(brush, grid);
  if (rows <= 0) return null;
  return (
    <span
      className="heatmap-brush"
      style={{
        left: percent(brush.firstMinute / 60),
        width: percent((brush.lastMinute - brush.firstMinute + 1) / 60),
        top: percent(row / grid.hours),
        height: percent(rows / grid.hours),
      }}
    />
  );
}

function Marker({ cell, hours }: { cell: HeatCell; hours: number }) {
  return (
    <span
      className="heatmap-marker"
      style={{
        left: `${(cell.minute / 60) * 100}%`,
        top: `${(cell.row / hours) * 100}%`,
        width: `${100 / 60}%`,
        height: `${100 / hours}%`,
      }}
    />
  );
}

function RowLabels({ grid, height }: { grid: HeatGrid; height: number }) {
  const rows = labelledRows(grid, Math.max(1, Math.floor(height / labelHeight)));
  return (
    <div className="heatmap-hours" aria-hidden="true">
      {rows.map((row) => {
        const at = grid.first + row * 3_600_000;
        return (
          <span key={row} style={{ top: `${((row + 0.5) / grid.hours) * 100}%` }}>
            {(at + zoneAheadMs(at)) % 86_400_000 < 3_600_000 ? (
              <strong>{dayText(at)}</strong>
            ) : (
              timeText(at)
            )}
          </span>
        );
      })}
    </div>
  );
}

/** Some zones are half an hour off: there a row begins at the half hour. */
function MinuteLabels({ first }: { first: number }) {
  const ahead = (zoneAheadMs(first) / 60_000) % 60;
  return (
    <div className="heatmap-minutes" aria-hidden="true">
      {minuteTicks.map((minute) => (
        <span key={minute} style={{ left: `${(minute / 60) * 100}%` }}>
          :{String((minute + ahead + 60) % 60).padStart(2, '0')}
        </span>
      ))}
    </div>
  );
}
