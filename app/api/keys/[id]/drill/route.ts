import { partBeforeLast } from '../../../../../lib/http/plain-query.ts';
import { handler } from '../../../../../lib/http/respond.ts';
import { drillView } from '../../../../../lib/http/views.ts';

export const GET = handler(async (request) => drillView(partBeforeLast(request)));
