import { ingestRoute } from '../../../../../lib/http/ingest-route.ts';
import { acceptMetrics } from '../../../../../lib/services/accept-otlp.ts';

export const POST = ingestRoute(acceptMetrics);
