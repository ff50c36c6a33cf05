'use client';

import type { Alarm } from '../../lib/shared/dto.ts';
import { splitNumbers } from '../../lib/shared/screen-text.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { windowChanges } from '../../lib/shared/window-param.ts';
import { useUrlState } from '../hooks/use-url-state.ts';

/** The sentence that answers, those that add to it, and what else belongs to the answer. */
export function Answer({
  sentences,
  tone,
  window,
  children,
}: {
  sentences: readonly string[];
  /** The tone of the first sentence; none where it raises no alarm. */
  tone?: Alarm['tone'] | undefined;
  /** What the sentences are about; with it each has an address that stays. */
  window?: TimeWindow | undefined;
  children?: React.ReactNode;
}) {
  const [first, ...others] = sentences;
  return (
    <section className="answer span-all" aria-label="The answer" data-tone={tone}>
      <p className="answer-first" id={idOf(0)}>
        {first ? <Sentence text={first} /> : 'Nothing was recorded in this window.'}
        {first && window && <Permalink no={0} window={window} />}
      </p>
      {others.length > 0 && (
        <ul className="answer-more">
          {others.map((text, index) => (
            <li key={text} id={idOf(index + 1)}>
              <Sentence text={text} />
              {window && <Permalink no={index + 1} window={window} />}
            </li>
          ))}
        </ul>
      )}
      {children}
    </section>
  );
}

const idOf = (no: number): string => `sentence-${no + 1}`;

/** The sentence's own address: this page with its window as two instants, however the clock goes on. */
function Permalink({ no, window }: { no: number; window: TimeWindow }) {
  const { hrefWith } = useUrlState();
  const href = hrefWith(windowChanges({ kind: 'between', ...window }));
  return (
    <a
      className="permalink"
      href={`${href}#${idOf(no)}`}
      aria-label={`# Link to sentence ${no + 1}`}
      title="Link to this sentence"
    >
      #
    </a>
  );
}

/** A sentence whose counts and shares stand out. */
export function Sentence({ text }: { text: string }) {
  return splitNumbers(text).map((part) =>
    part.isNumber ? (
      <strong key={part.at} className="num">
        {part.text}
      </strong>
    ) : (
      part.text
    ),
  );
}
