/** Above old data that could not be refreshed. */
export function Notice({ text, onRetry }: { text: string; onRetry: () => void }) {
  return (
    <div className="stale-notice" role="alert">
      <span>{text}</span>
      <button type="button" className="button button-small" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}
