import { handler } from '../../../lib/http/respond.ts';
import { explainView } from '../../../lib/http/views.ts';

export const GET = handler((request) => explainView(new URL(request.url).searchParams));
