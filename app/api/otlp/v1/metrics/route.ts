import { ingestRoute } from '../../../../../lib/http/ingest-route.ts';
import { otlpMetrics } from '../../../../../lib/services/otlp-signals.ts';

export const POST = ingestRoute(otlpMetrics);
