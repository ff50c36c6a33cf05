import { type Explanation, renderReport } from '../../explain/words/report.ts';
import type { ExplainView } from '../../shared/dto.ts';
import type { LogContext, ServiceContext } from '../context.ts';
import { explain } from './explain.ts';
import { pattern } from './pattern.ts';
import type { ExplainInput } from './window-facts.ts';

interface Asked {
  ctx: ServiceContext | LogContext;
  input: ExplainInput;
}

/** The explanation of a window and whether its requests repeat. */
async function explanation({ ctx, input }: Asked): Promise<Explanation> {
  const view = await explain({ ctx, input });
  const { window, filter } = view;
  return {
    ...view,
    pattern: view.pattern ?? (await pattern({ ctx, input: { window, filter } })),
  };
}

/** The same as a Markdown report. */
export async function report(asked: Asked): Promise<string> {
  return renderReport(await explanation(asked));
}

/** The same as JSON: the keys that scripts rely on, beside all that the page has. */
export async function jsonReport(asked: Asked) {
  const view = await explanation(asked);
  const { period, lines, sentences } = view.pattern;
  return {
    ...view,
    pattern: { period, lines, sentences },
    inferred: inferredOf(view),
    evidence: view.logFindings,
  };
}

/** The settings of the design with most requests, as the log alone shows them; null where telemetry tells. */
function inferredOf({ logFindings }: ExplainView) {
  if (logFindings === null) return null;
  const main = logFindings.find(({ ttl }) => ttl !== null) ?? logFindings[0];
  return {
    ttlMs: main?.ttl?.ms ?? null,
    dekLifetimeMs: main?.dekLifetimeMs ?? null,
    // What came from so many addresses may be any number of processes, unless a TTL tells their caches apart.
    processes:
      main === undefined || (main.processBy === 'address' && main.ttl === null)
        ? null
        : main.processes,
  };
}
