import { handler } from '../../../lib/http/respond.ts';
import { storeView } from '../../../lib/http/views.ts';

export const GET = handler(() => storeView());
