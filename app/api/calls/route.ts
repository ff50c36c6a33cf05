import { handler } from '../../../lib/http/respond.ts';
import { callsView } from '../../../lib/http/views.ts';

export const GET = handler((request) => callsView(new URL(request.url).searchParams));
