/** What was measured on a key, in words. */
import type { MeasureTurn, MeasureView } from './measure-view.ts';
import { countText, instantText } from './screen-text.ts';

type Measured = NonNullable<MeasureView['measured']>;

const answers: Record<MeasureTurn['answer'], string> = {
  granted: 'granted',
  refused: 'refused',
  unanswered: 'not answered',
};

/** A turn and, where the log has what it came of, how long the cloud took. */
export function turnText(turn: MeasureTurn, { turns, changes }: Measured): string {
  const { at, after, answer, operation, reason } = turn;
  const why = reason === null ? '' : ` (${operation}: ${reason})`;
  const said = `${instantText(at, 'second')}: ${answers[answer]}${why}`;
  if (after === null) return `${said}, the first time it was asked.`;
  const before = turns[turns.indexOf(turn) - 1];
  const since = before?.at ?? after;
  const change =
    answer === 'unanswered'
      ? undefined
      : changes.findLast(
          (one) => one.gives === (answer === 'granted') && one.at >= since && one.at <= at,
        );
  const told = `${said}; the last request before it was at ${instantText(after, 'second')}.`;
  if (change === undefined) return told;
  const [least, most] = [after - change.at, at - change.at].map((ms) =>
    countText(Math.max(0, Math.round(ms / 1_000))),
  );
  return `${told} Its log has ${change.operation} at ${instantText(change.at, 'second')}: the cloud took ${least} to ${most} s.`;
}
