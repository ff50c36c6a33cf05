import { openApiDocument } from '../../../lib/http/openapi/document.ts';
import { handler } from '../../../lib/http/respond.ts';

export const GET = handler(async () => openApiDocument());
