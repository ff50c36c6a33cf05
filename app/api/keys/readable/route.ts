import { handler } from '../../../../lib/http/respond.ts';
import { readableView } from '../../../../lib/http/views.ts';

export const GET = handler(() => readableView());
