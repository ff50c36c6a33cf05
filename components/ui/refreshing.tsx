/** Old data while new data is on its way: dimmed, still there. Quick answers do not flicker. */
export function Refreshing({ active, children }: { active: boolean; children: React.ReactNode }) {
  return (
    <div className={active ? 'refreshing is-active' : 'refreshing'} aria-busy={active}>
      {children}
    </div>
  );
}
