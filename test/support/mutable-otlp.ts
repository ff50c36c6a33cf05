import { hostileStory } from './hostile-story.ts';

export type Signal = 'traces' | 'metrics';

/** A valid group of an OTLP request, its first few items under the name of a process; its minutes begin at `from`. */
export function groupOf(signal: Signal, process: string, from: number): unknown {
  const told = hostileStory('legal', from)[signal];
  const body = JSON.parse(JSON.stringify(told).replaceAll('engine-1', process));
  const [group] = body.resourceSpans ?? body.resourceMetrics;
  const [scope] = group.scopeSpans ?? group.scopeMetrics;
  if (scope.spans) scope.spans = scope.spans.slice(0, 4);
  return group;
}

export const requestOf = (signal: Signal, groups: readonly unknown[]): object =>
  signal === 'traces' ? { resourceSpans: groups } : { resourceMetrics: groups };
