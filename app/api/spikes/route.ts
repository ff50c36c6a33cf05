import { handler } from '../../../lib/http/respond.ts';
import { spikesView } from '../../../lib/http/views.ts';

export const GET = handler((request) => spikesView(new URL(request.url).searchParams));
