import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A LookupEvents endpoint that gives these events, page by page, whoever asks and for whatever time. */
export async function startLookupServer(
  events: readonly object[],
): Promise<{ url: string; pages(): number; close(): Promise<void> }> {
  let pages = 0;
  const server = createServer(async (request, response) => {
    const from = Number((await bodyOf(request)).NextToken ?? 0);
    pages += 1;
    const next = from + pageEvents;
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(
      JSON.stringify({
        Events: events.slice(from, next),
        ...(next < events.length && { NextToken: String(next) }),
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // The server listens on TCP, so its address is never a pipe's name.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    pages: () => pages,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** CloudTrail's own most. */
const pageEvents = 50;

const bodyOf = async (request: IncomingMessage): Promise<{ NextToken?: string }> =>
  JSON.parse(await text(request));
