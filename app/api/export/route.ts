import { exportResponse } from '../../../lib/http/export/export-view.ts';
import { handler } from '../../../lib/http/respond.ts';

export const GET = handler((request) => exportResponse(new URL(request.url).searchParams));
