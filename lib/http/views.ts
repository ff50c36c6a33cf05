/** The dashboard's answers by their query: a route sends what a page's first view holds. */

import { AppError } from '../domain/app-error.ts';
import { listConnections } from '../services/answers/connections.ts';
import { storeExtent } from '../services/answers/extent.ts';
import { describeKey, listKeys, readableData } from '../services/answers/keys.ts';
import { listLabs, viewLab } from '../services/answers/lab.ts';
import { listMarkers } from '../services/answers/markers.ts';
import { revocation } from '../services/answers/revocation.ts';
import { describeSandbox } from '../services/answers/sandbox.ts';
import { readService } from '../services/answers/service-facts.ts';
import { sandboxState, serverContext } from '../services/server-context.ts';
import { parseBrush } from '../shared/brush-param.ts';
import type { StoreView } from '../shared/intake-view.ts';
import { newestOf } from '../shared/window-param.ts';
import { parseCallsQuery } from './parse-calls-query.ts';
import { parseFilter } from './parse-filter.ts';
import { parseWindow } from './parse-window.ts';

/** Of what is searched for, so many characters are read. */
const searchMax = 500;

/** The window and filter of a query, and the context to answer in. @throws {AppError} `bad-request` */
async function asked(query: URLSearchParams) {
  const ctx = await serverContext();
  const window = parseWindow(query, await ctx.settled());
  return { ctx, input: { window, filter: parseFilter(query) } };
}

async function askedOf(verb: 'listSpikes' | 'pattern', query: URLSearchParams): Promise<string> {
  const { ctx, input } = await asked(query);
  return ctx.json(verb, input);
}

/** @throws {AppError} `bad-request` */
export async function explainView(query: URLSearchParams): Promise<string> {
  const { ctx, input } = await asked(query);
  const panel = query.get('panel');
  if (panel !== null && panel !== 'overview')
    throw new AppError('bad-request', 'The only panel to ask for alone is panel=overview.');
  return ctx.json('explain', { ...input, panel });
}

export const spikesView = (query: URLSearchParams) => askedOf('listSpikes', query);
export const patternView = (query: URLSearchParams) => askedOf('pattern', query);

/** @throws {AppError} `bad-request` for an invalid window */
export async function choicesView(query: URLSearchParams): Promise<string> {
  const { ctx, input } = await asked(query);
  const text = (query.get('text') ?? '').trim().slice(0, searchMax);
  return ctx.json('listChoices', { window: input.window, ...(text !== '' && { text }) });
}

export async function markersView(query: URLSearchParams) {
  const { ctx, input } = await asked(query);
  return listMarkers({ ctx, input });
}

/** @throws {AppError} `bad-request` for an invalid part */
export async function brushView(query: URLSearchParams): Promise<string> {
  const { ctx, input } = await asked(query);
  const brush = parseBrush(query.get('brush') ?? '');
  if (brush === null)
    throw new AppError(
      'bad-request',
      'Name the part by brush=2026-01-02T03:00Z/2026-01-02T09:00Z/5-12: whole hours, and minutes of them.',
    );
  return ctx.json('brush', { ...input, brush });
}

export async function callsView(query: URLSearchParams): Promise<string> {
  const ctx = await serverContext();
  return ctx.json('listCalls', parseCallsQuery(query, await ctx.settled()));
}

export async function spikeView(id: string, query: URLSearchParams): Promise<string> {
  const ctx = await serverContext();
  return ctx.json('describeSpike', { id, filter: parseFilter(query) });
}

export async function revocationView() {
  const ctx = await serverContext();
  return revocation({ ctx, input: { sandbox: await sandboxState(ctx) } });
}

export const keysView = async () => listKeys({ ctx: await serverContext() });
export const readableView = async () => readableData({ ctx: await serverContext() });
export const keyView = async (key: string) =>
  describeKey({ ctx: await serverContext(), input: { key } });
export const drillView = async (key: string) => (await serverContext()).ask('drill', { key });

/** The same as a Markdown report. */
export const drillText = async (key: string) => (await serverContext()).ask('drillReport', { key });
export const serviceView = async () => readService({ ctx: await serverContext() });

export const sandboxView = async () => describeSandbox({ ctx: await serverContext() });

export const labsView = async () => listLabs({ ctx: await serverContext() });
export const labView = async (id: string) => viewLab({ ctx: await serverContext(), input: id });

export async function storeView(): Promise<StoreView> {
  const extent = await storeExtent({ ctx: await serverContext() });
  return { extent: extent && newestOf(extent) };
}

export async function connectionsView() {
  const ctx = await serverContext();
  return listConnections({ ctx, input: { tokenAt: ctx.tokenAt } });
}
