import { handler } from '../../../lib/http/respond.ts';
import { keysView } from '../../../lib/http/views.ts';

export const GET = handler(() => keysView());
