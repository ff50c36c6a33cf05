/**
 * Old data while new data is on its way: dimmed, still there. Quick answers do not flicker; those that only bring the
 * same window up to date may take a while before they show.
 */
export function Refreshing({
  active,
  isOther = false,
  children,
}: {
  active: boolean;
  /** Whether what is on its way is something else than what is shown. */
  isOther?: boolean;
  children: React.ReactNode;
}) {
  const state = isOther ? ' is-active' : active ? ' is-active is-update' : '';
  return (
    <div className={`refreshing${state}`} aria-busy={active || isOther}>
      {children}
    </div>
  );
}
