import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServiceContext } from '../../lib/services/context.ts';
import { acceptMetrics, acceptTraces } from '../../lib/services/intake/accept-otlp.ts';

export interface OtlpReceiver {
  /** Base for OTLP senders. */
  url: string;
  /** Requests answered, and what was rejected in them. */
  requests: number;
  faults: string[];
  close(): Promise<void>;
}

/** A loopback receiver of OTLP that hands bodies to the ingest services, one after the other. */
export async function startOtlpReceiver(ctx: Pick<ServiceContext, 'db'>): Promise<OtlpReceiver> {
  const receiver: Pick<OtlpReceiver, 'requests' | 'faults'> = { requests: 0, faults: [] };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const accept = request.url === '/v1/traces' ? acceptTraces : acceptMetrics;
    try {
      const input: unknown = JSON.parse(Buffer.concat(chunks).toString());
      const answer = await accept({ ctx, input });
      receiver.requests += 1;
      if (answer.partialSuccess) receiver.faults.push(answer.partialSuccess.errorMessage);
      response.end(JSON.stringify(answer));
    } catch (error) {
      receiver.faults.push(String(error));
      response.writeHead(500).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // The server listens on TCP, so its address is never a pipe's name.
  const { port } = server.address() as AddressInfo;
  return Object.assign(receiver, {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}
