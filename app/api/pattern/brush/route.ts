import { handler } from '../../../../lib/http/respond.ts';
import { brushView } from '../../../../lib/http/views.ts';

export const GET = handler((request) => brushView(new URL(request.url).searchParams));
