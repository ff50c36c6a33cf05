/** Under which key each view is kept: the same on the server, which fills a page's first ones, and in the browser. */
import type { ExplainFilter } from '../../lib/shared/dto.ts';
import type { Brush } from '../../lib/shared/pattern-view.ts';
import { type WindowParam, windowRequest } from '../../lib/shared/window-param.ts';
import type { CallFilters } from './url-params.ts';

/** What of an explanation is shown: all, or all but what takes longest. */
export type ExplainPanel = 'overview' | 'all';
export const explainKey = (window: WindowParam, filter: ExplainFilter, panel: ExplainPanel) =>
  ['explain', window, filter, panel] as const;
export const explainQuery = (filter: ExplainFilter, panel: ExplainPanel) =>
  panel === 'all' ? filter : { ...filter, panel };
export const spikesKey = (window: WindowParam, filter: ExplainFilter) =>
  ['spikes', window, filter] as const;
export const patternKey = (window: WindowParam, filter: ExplainFilter) =>
  ['pattern', window, filter] as const;
export const brushKey = (window: WindowParam, filter: ExplainFilter, brush: Brush) =>
  ['brush', window, filter, brush] as const;
export const callsKey = (window: WindowParam, filters: CallFilters) =>
  ['calls', window, filters] as const;
export const spikeKey = (id: string, { key, workspace }: ExplainFilter) =>
  ['spike', id, key ?? null, workspace ?? null] as const;
export const choicesKey = (window: WindowParam, text = '') => ['choices', window, text] as const;
export const storeKey = ['store'] as const;
export const connectionsKey = ['connections'] as const;
export const sandboxKey = ['sandbox'] as const;
export const keysKey = ['keys'] as const;
export const readableKey = ['readable'] as const;
export const keyKey = (id: string) => ['key', id] as const;
export const drillKey = (id: string) => ['drill', id] as const;
export const measureKey = (id: string) => ['measure', id] as const;
export const serviceKey = ['service'] as const;
export const labsKey = ['labs'] as const;
export const labKey = (id: string) => ['lab', id] as const;
export const revocationKey = ['revocation'] as const;

/** The query that the API is asked with. */
export const viewQuery = (window: WindowParam, filter: object): URLSearchParams =>
  new URLSearchParams({ ...windowRequest(window), ...filter });
