import { ingestRoute } from '../../../../../lib/http/ingest-route.ts';
import { otlpMetrics } from '../../../../../lib/services/intake/otlp-signals.ts';

export const POST = ingestRoute(otlpMetrics);
