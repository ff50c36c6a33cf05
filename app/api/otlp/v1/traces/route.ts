import { ingestRoute } from '../../../../../lib/http/ingest-route.ts';
import { otlpTraces } from '../../../../../lib/services/otlp-signals.ts';

export const POST = ingestRoute(otlpTraces);
