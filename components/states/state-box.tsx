import './state-box.css';

export type StateKind = 'waiting' | 'empty' | 'error' | 'forbidden';

const icons: Record<StateKind, string> = {
  waiting: '…',
  empty: '○',
  error: '!',
  forbidden: '⊘',
};

/** One of the four states a panel has instead of data: the same height, each with a next action. */
export function StateBox({
  kind,
  title,
  text,
  action,
}: {
  kind: StateKind;
  title: string;
  text?: React.ReactNode;
  action?: React.ReactNode;
}) {
  return (
    <div
      className={`state-box state-${kind}`}
      role={kind === 'error' || kind === 'forbidden' ? 'alert' : 'status'}
    >
      <span className="state-icon" aria-hidden="true">
        {icons[kind]}
      </span>
      <p className="state-title">{title}</p>
      {text && <p className="state-text">{text}</p>}
      {action && <div className="state-action">{action}</div>}
    </div>
  );
}
