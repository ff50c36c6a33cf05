'use client';

import { useEffect } from 'react';
import type { Alarm, SentenceLink } from '../../lib/shared/dto.ts';
import { shownTextReader, splitNumbers } from '../../lib/shared/screen-text.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { windowChanges } from '../../lib/shared/window-param.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { PageLink } from '../ui/page-link.tsx';
import { WrappedText } from '../ui/wrapped-text.tsx';

/** The sentence that answers, those that add to it, and what else belongs to the answer. */
export function Answer({
  sentences,
  links = [],
  tone,
  window,
  children,
}: {
  sentences: readonly string[];
  /** Where the numbers of each sentence lead. */
  links?: readonly (readonly SentenceLink[])[];
  /** The tone of the first sentence; none where it raises no alarm. */
  tone?: Alarm['tone'] | undefined;
  /** What the sentences are about; with it each has an address that stays. */
  window?: TimeWindow | undefined;
  children?: React.ReactNode;
}) {
  const [first, ...others] = sentences;
  useEffect(markLate, []);
  return (
    <section className="answer span-all" aria-label="The answer" data-tone={tone}>
      <p className="answer-first" id={idOf(0)}>
        {first ? (
          <Sentence text={first} links={links[0]} />
        ) : (
          'Nothing was recorded in this window.'
        )}
        {first && window && <Permalink no={0} window={window} />}
      </p>
      {others.length > 0 && (
        <ul className="answer-more">
          {others.map((text, index) => (
            <li key={text} id={idOf(index + 1)}>
              <Sentence text={text} links={links[index + 1]} />
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

/** A sentence that came after the page was opened at its address. */
function markLate(): void {
  const late = document.getElementById(location.hash.slice(1));
  if (late === null || late.matches(':target') || late.closest('.answer') === null) return;
  late.dataset.isTarget = '';
  late.scrollIntoView({ block: 'center' });
}

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

/** A sentence whose counts and shares stand out, and lead to what they count; its instants are in the shown zone. */
export function Sentence({
  text,
  links = [],
}: {
  text: string;
  links?: readonly SentenceLink[] | undefined;
}) {
  const shown = shownTextReader();
  return splitNumbers(text).map((part) => {
    if (!part.isNumber) return <WrappedText key={part.at} text={shown(part.text)} />;
    const href = links.find(({ at }) => at === part.at)?.href;
    return (
      <strong key={part.at} className="num">
        {href === undefined ? part.text : <PageLink href={href}>{part.text}</PageLink>}
      </strong>
    );
  });
}
