import { handler } from '../../../lib/http/respond.ts';
import { revocationView } from '../../../lib/http/views.ts';

export const GET = handler(() => revocationView());
