import { handler } from '../../../../lib/http/respond.ts';
import { docPicture } from '../../../../lib/services/answers/docs.ts';

interface Named {
  params: Promise<{ name: string }>;
}

/** A picture of the documentation. */
export const GET = (request: Request, { params }: Named) =>
  handler(async () => {
    const picture = await docPicture({ name: (await params).name });
    return new Response(picture, { headers: { 'content-type': 'image/png' } });
  })(request);
