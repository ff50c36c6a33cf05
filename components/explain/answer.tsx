import { splitNumbers } from '../../lib/shared/screen-text.ts';

function Sentence({ text }: { text: string }) {
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

/** The sentence that answers, and those that add to it. */
export function Answer({ sentences }: { sentences: readonly string[] }) {
  const [first, ...others] = sentences;
  return (
    <section className="answer span-all" aria-label="The answer">
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
    </section>
  );
}
