import { memo } from 'react';
import type { PatternLine } from '../../lib/shared/pattern-view.ts';
import { tupleKey } from '../../lib/shared/tuple-key.ts';
import { cellOf, drawnPoints, type HeatGrid, linePieces, type Piece } from './model/heatmap.ts';

const dotRowsMax = 120;

/** The lines over the heatmap: echoes slanted, schedules vertical, deploys as a mark at their row. */
export const HeatLines = memo(function HeatLines({
  grid,
  lines,
}: {
  grid: HeatGrid;
  lines: readonly PatternLine[];
}) {
  return (
    <svg className="heatmap-layer heatmap-lines" aria-hidden="true">
      {lines.map((line) => (
        <OneLine
          key={tupleKey(line.kind, line.points[0]?.at ?? null, line.sentence)}
          line={line}
          grid={grid}
        />
      ))}
    </svg>
  );
});

function OneLine({ line, grid }: { line: PatternLine; grid: HeatGrid }) {
  const points = drawnPoints(line, grid);
  const across = (x: number): string => `${(x / 60) * 100}%`;
  const down = (y: number): string => `${(y / grid.hours) * 100}%`;
  if (line.kind === 'deploy') {
    return points.map(({ at }) => {
      const { x, y } = cellOf(at, grid);
      return (
        <g key={at} className="heat-deploy">
          <line x1="0%" x2={across(x)} y1={down(y)} y2={down(y)} />
          <svg x="0%" y={down(y)} overflow="visible" aria-hidden="true">
            <path d="M0-5l7 5-7 5z" />
          </svg>
          <circle cx={across(x)} cy={down(y)} r="4" />
        </g>
      );
    });
  }
  const ends = ({ x1, y1, x2, y2 }: Piece) => ({
    x1: across(x1),
    y1: down(y1),
    x2: across(x2),
    y2: down(y2),
  });
  const pieces = linePieces(points, grid);
  return (
    <g className={`heat-${line.kind}`}>
      {pieces.map((piece) => (
        <line key={tupleKey('halo', piece.x1, piece.y1)} className="heat-halo" {...ends(piece)} />
      ))}
      {pieces.map((piece) => (
        <line key={tupleKey(piece.x1, piece.y1)} {...ends(piece)} />
      ))}
      {(points.length === 1 || (line.kind === 'echo' && grid.hours <= dotRowsMax)) &&
        points.map(({ at }) => {
          const { x, y } = cellOf(at, grid);
          // A single point has no line to click.
          const isAlone = points.length === 1;
          return <circle key={at} cx={across(x)} cy={down(y)} r={isAlone ? 5 : 2.5} />;
        })}
    </g>
  );
}
