import { handler } from '../../../lib/http/respond.ts';
import { sandboxView } from '../../../lib/http/views.ts';

export const GET = handler(() => sandboxView());
