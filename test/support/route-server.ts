import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';

export interface RouteServer {
  url: string;
  /** What each request said of its body, and how it was answered. */
  seen: { path: string; type: string; encoding: string; status: number }[];
  close(): Promise<void>;
}

type Route = (request: Request) => Promise<Response>;

/** Route handlers behind a loopback HTTP server, as Next.js would call them. */
export async function serveRoutes(routes: Readonly<Record<string, Route>>): Promise<RouteServer> {
  const seen: RouteServer['seen'] = [];
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const path = incoming.url ?? '';
    const route = routes[path];
    const headers = new Headers();
    for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value));
    // Types of the browser's fetch lack what a streamed body needs in Node.
    const init: RequestInit & { duplex: 'half' } = {
      method: 'POST',
      headers,
      body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>,
      duplex: 'half',
    };
    const response =
      (await route?.(new Request(`http://127.0.0.1${path}`, init))) ??
      new Response(null, { status: 404 });
    seen.push({
      path,
      type: headers.get('content-type') ?? '',
      encoding: headers.get('content-encoding') ?? '',
      status: response.status,
    });
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  };
  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch((error: unknown) => outgoing.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // The server listens on TCP, so its address is never a pipe's name.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
