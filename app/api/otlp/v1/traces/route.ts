import { ingestRoute } from '../../../../../lib/http/ingest-route.ts';
import { acceptTraces } from '../../../../../lib/services/accept-otlp.ts';

export const POST = ingestRoute(acceptTraces);
