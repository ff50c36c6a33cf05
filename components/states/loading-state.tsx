/** Grey bars where data will stand; shown on the first load only. */
export function LoadingState({ label, lines = 4 }: { label: string; lines?: number }) {
  const widths = [92, 64, 78, 48, 86, 58, 70, 40];
  return (
    <div className="state-box state-loading" role="status" aria-label={label}>
      {widths.slice(0, lines).map((width) => (
        <span key={width} className="skeleton" style={{ width: `${width}%` }} />
      ))}
      <span className="visually-hidden">{label}</span>
    </div>
  );
}
