import { StateBox } from '../states/state-box.tsx';
import { WiderLink } from '../ui/wider-link.tsx';

/** What is normal, shown where there is nothing else. */
export function NoSpikes({ isCounted }: { isCounted: boolean }) {
  return (
    <StateBox
      kind="empty"
      title={isCounted ? 'No spikes' : 'Nothing was counted'}
      text={
        isCounted
          ? 'Every minute stayed within what the two hours before it and the same minute of other days let ' +
            'expect. Small hourly waves of re-validation are normal.'
          : 'Where nothing is counted, nothing can stand out.'
      }
      action={<WiderLink />}
    />
  );
}
