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
          ? 'No minute was far from the two hours before it or from the same minute of other days. ' +
            'Small hourly waves of re-validation are normal.'
          : 'Where nothing is counted, nothing can stand out.'
      }
      action={<WiderLink />}
    />
  );
}
