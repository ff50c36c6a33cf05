'use client';

import { useEffect, useRef, useState } from 'react';
import { ChartFigure } from '../export/save-chart.tsx';
import './chart.css';

/** A chart's place and its sentence, there from the first; what draws it is loaded once one scrolls to it. */
export function LazyChart({
  words,
  className,
  children,
}: {
  words: string;
  className: string;
  children: React.ReactNode;
}) {
  const place = useRef<HTMLDivElement>(null);
  const [isNear, setIsNear] = useState(false);
  useEffect(() => {
    const watch = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) setIsNear(true);
      },
      { rootMargin: '100px' },
    );
    if (place.current) watch.observe(place.current);
    return () => watch.disconnect();
  }, []);
  return (
    <ChartFigure words={words}>
      <div ref={place} className={className} role="img" aria-label={words}>
        <noscript>
          <p className="note">{words}</p>
        </noscript>
        {isNear && children}
      </div>
    </ChartFigure>
  );
}
