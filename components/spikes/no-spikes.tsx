import { StateBox } from '../states/state-box.tsx';
import { WiderLink } from '../ui/wider-link.tsx';

/** What is normal, shown where there is nothing else. */
export function NoSpikes() {
  return (
    <StateBox
      kind="empty"
      title="No spikes"
      text={
        'Every minute stayed within what the two hours before it and the same minute of other days let ' +
        'expect. Small hourly waves of re-validation are normal.'
      }
      action={<WiderLink />}
    />
  );
}
