import { ingestRoute } from '../../../../../lib/http/ingest-route.ts';
import { otlpTraces } from '../../../../../lib/services/intake/otlp-signals.ts';

export const POST = ingestRoute(otlpTraces);
