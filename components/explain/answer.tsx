import type { Alarm } from '../../lib/shared/dto.ts';
import { splitNumbers } from '../../lib/shared/screen-text.ts';

/** The sentence that answers, those that add to it, and what else belongs to the answer. */
export function Answer({
  sentences,
  tone,
  children,
}: {
  sentences: readonly string[];
  /** The tone of the first sentence; none where it raises no alarm. */
  tone?: Alarm['tone'] | undefined;
  children?: React.ReactNode;
}) {
  const [first, ...others] = sentences;
  return (
    <section className="answer span-all" aria-label="The answer" data-tone={tone}>
      <p className="answer-first">
        {first ? <Sentence text={first} /> : 'Nothing was recorded in this window.'}
      </p>
      {others.length > 0 && (
        <ul className="answer-more">
          {others.map((text) => (
            <li key={text}>
              <Sentence text={text} />
            </li>
          ))}
        </ul>
      )}
      {children}
    </section>
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
