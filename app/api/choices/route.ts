import { handler } from '../../../lib/http/respond.ts';
import { choicesView } from '../../../lib/http/views.ts';

export const GET = handler((request) => choicesView(new URL(request.url).searchParams));
