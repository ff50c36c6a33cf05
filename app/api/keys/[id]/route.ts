import { lastPathPart } from '../../../../lib/http/plain-query.ts';
import { handler } from '../../../../lib/http/respond.ts';
import { keyView } from '../../../../lib/http/views.ts';

export const GET = handler(async (request) => keyView(lastPathPart(request)));
