/** The parameters of the API's addresses, as the parsers beside them read them. */
import { z } from 'zod';
import { callsShow } from '../../shared/dto.ts';
import { exportable } from '../../shared/exports.ts';

const text = (description: string) => z.string().exactOptional().describe(description);

/** As lib/shared/window-param.ts reads them. */
const windowParams = {
  last: text('A span that ends now, such as `6h`; without any of the three the last 24 hours.'),
  from: text('Where the window begins: an ISO instant or epoch ms.'),
  to: text('Where it ends, exclusively; now if it is left out.'),
};

const filterParams = {
  workspace: text('Only this workspace.'),
  key: text('Only this key, by its ARN or id, or by an alias that telemetry has for it.'),
  principal: text('Only this caller’s events, by its id.'),
  process: text('Only this process.'),
};

export const viewParams = z.object({ ...windowParams, ...filterParams });

export const explainParams = viewParams.extend({
  panel: z
    .enum(['overview'])
    .exactOptional()
    .describe(
      '`overview` leaves out the closed form and the reopened conversations, which take longest.',
    ),
});

export const choicesParams = z.object({
  ...windowParams,
  text: text('Words that each listed value has, such as a part of its name.'),
});

export const brushParams = viewParams.extend({
  brush: z
    .string()
    .describe('Hours and minutes of them, such as `2026-01-02T03:00Z/2026-01-02T09:00Z/5-12`.'),
});

export const callsParams = z.object({
  ...windowParams,
  ...filterParams,
  show: z
    .enum(callsShow)
    .exactOptional()
    .describe('Which of them; the attempts of our own calls if it is left out.'),
  cause: text('Only calls of this cause.'),
  operation: text('`Encrypt` or `Decrypt`.'),
  dek: text('Only calls of this data key.'),
  tag: text('Only calls of this conversation.'),
  echo: text(
    'Only calls that go back to loads that began together: their cause, when, and perhaps the generation or `rest` for all others, such as `load.first.cold-start/2026-01-02T03:04Z/2`.',
  ),
  log: text(
    'With `show=events`: only events of this cause as a log alone tells it, perhaps `claimed` or `inferred`, and the window that it is reasoned over, such as `load.expired/inferred/2026-01-02T03:00Z/2026-01-03T03:00Z`.',
  ),
  cursor: text('The `nextCursor` of the page before.'),
});

export const reportParams = viewParams.extend({
  format: z.enum(['markdown', 'json']).exactOptional().describe('`markdown` if it is left out.'),
});

export const drillParams = z.object({
  format: z
    .enum(['markdown', 'json'])
    .exactOptional()
    .describe('Then it is sent as a file; without it, as the page asks.'),
});

/** Of `of=calls` all filters count, of the others those of a view. */
export const exportParams = callsParams.omit({ cursor: true }).extend({
  of: z.enum(exportable).describe('What is saved.'),
  format: z.enum(['csv', 'json']).exactOptional().describe('`csv` if it is left out.'),
});

export const eventParams = z.object({
  id: z.string().describe('The event’s id.'),
  at: z.string().describe('Its time: an ISO instant or epoch ms.'),
});

export const spikeParams = z.object({ key: filterParams.key, workspace: filterParams.workspace });

export const spikePathParams = z.object({
  id: z.string().describe('The spike’s interval, such as `20261124T1403-20261124T1406`.'),
});

export const keyPathParams = z.object({
  id: z.string().describe('The key’s id, percent-encoded: its ARN, `gcp-kms:…` or `azure-kv:…`.'),
});

export const viewPathParams = z.object({ name: z.string().describe('The view’s name.') });

export const labPathParams = z.object({ id: z.string().describe('The lab’s id.') });

export const importParams = z.object({ name: text('What the answer calls the file.') });
