import { renderReport } from '../explain/report.ts';
import type { ServiceContext } from './context.ts';
import { type ExplainInput, explain } from './explain.ts';

/** The explanation of a window as a Markdown report. */
export async function report({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: ExplainInput;
}): Promise<string> {
  return renderReport(await explain({ ctx, input }));
}
