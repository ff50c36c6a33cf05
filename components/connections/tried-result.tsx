import type { TriedView } from '../../lib/shared/connection-view.ts';
import { countText, nounText } from '../../lib/shared/screen-text.ts';
import { GapList } from './gap-list.tsx';

/** What a look at the last hour of a log found. */
export function TriedResult({ view, error }: { view: TriedView | undefined; error: Error | null }) {
  if (error !== null || view?.ok === false)
    return (
      <div className="tried" role="alert">
        <p className="field-fault">{error?.message ?? (view?.ok === false && view.message)}</p>
        {view && <GapList gaps={view.gaps} />}
      </div>
    );
  if (view === undefined) return null;
  const { events, principals, ignored, refused, behind, gaps } = view;
  return (
    <div className="tried" role="status">
      <p>
        Found <strong>{nounText(events, 'KMS event')}</strong> in the last hour
        {events > 0 && `, of ${nounText(principals, 'principal')}`}.
        {ignored > 0 && ` ${nounText(ignored, 'other record')} left aside.`}
        {refused > 0 && ` ${countText(refused)} not understood.`}
      </p>
      {behind !== null && <p className="note">{behind}</p>}
      <GapList gaps={gaps} />
    </div>
  );
}
