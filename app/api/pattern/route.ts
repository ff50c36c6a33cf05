import { handler } from '../../../lib/http/respond.ts';
import { patternView } from '../../../lib/http/views.ts';

export const GET = handler((request) => patternView(new URL(request.url).searchParams));
