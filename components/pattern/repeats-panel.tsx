'use client';

import type { PatternLine, PatternView } from '../../lib/shared/pattern-view.ts';
import { countText, nounText, shownText } from '../../lib/shared/screen-text.ts';
import { tupleKey } from '../../lib/shared/tuple-key.ts';
import { decimalText } from '../charts/model/figure-text.ts';
import { Sentence } from '../explain/answer.tsx';
import { StateBox } from '../states/state-box.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { WiderLink } from '../ui/wider-link.tsx';
import { LineSwatch, lineWords } from './line-words.tsx';

const linesMax = 12;

/** The lines of the heatmap in words: echoes, schedules and deploys told apart. */
export function RepeatsPanel({ lines, rows }: Pick<PatternView, 'lines' | 'rows'>) {
  const listed = lines.slice(0, linesMax);
  return (
    <Panel
      title="What repeats, what does not"
      note="An echo moves on within the hour, a scheduled job keeps its minute, a deploy comes once."
    >
      {rows.every(({ minutes }) => minutes.every((count) => count === 0)) ? (
        <StateBox
          kind="empty"
          title="Nothing was counted"
          text="Where nothing is counted, nothing repeats."
          action={<WiderLink />}
        />
      ) : listed.length === 0 ? (
        <StateBox
          kind="empty"
          title="No line stands out"
          text="Requests come at no minute of the hour more than at others."
          action={
            <PageLink className="button" href="/spikes">
              See the spikes
            </PageLink>
          }
        />
      ) : (
        <ul className="line-list">
          {listed.map((line) => (
            <Line
              key={tupleKey(line.kind, line.points[0]?.at ?? null, line.sentence)}
              line={line}
            />
          ))}
        </ul>
      )}
      {lines.length > listed.length && (
        <p className="note panel-foot">
          {countText(lines.length - listed.length)} more are drawn, not listed.
        </p>
      )}
    </Panel>
  );
}

function Line({ line }: { line: PatternLine }) {
  const { kind, points, driftMinutes, sentence, links, href } = line;
  return (
    <li>
      <span title={lineWords[kind].about}>
        <LineSwatch kind={kind} />
      </span>
      <div>
        <p>
          <Sentence text={sentence} links={links} />
        </p>
        <p className="note num">
          {nounText(points.length, 'burst')}
          {driftMinutes !== null &&
            driftMinutes !== 0 &&
            `, moves ${decimalText(driftMinutes)} min an hour`}
          {' · '}
          <PageLink href={href} aria-label={`Look closer: ${shownText(sentence)}`}>
            look closer
          </PageLink>
        </p>
      </div>
    </li>
  );
}
