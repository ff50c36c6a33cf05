'use client';

import { useId } from 'react';

/** A titled region of a screen. */
export function Panel({
  title,
  note,
  tools,
  className = '',
  children,
}: {
  title: string;
  note?: React.ReactNode;
  tools?: React.ReactNode;
  className?: string;
  children: React.ReactNode;
}) {
  const titleId = useId();
  return (
    <section className={`panel ${className}`} aria-labelledby={titleId}>
      <header className="panel-head">
        <div>
          <h2 id={titleId}>{title}</h2>
          {note && <p className="note">{note}</p>}
        </div>
        {tools && <div className="panel-tools">{tools}</div>}
      </header>
      {children}
    </section>
  );
}
