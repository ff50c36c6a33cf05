import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TelemetryBatch } from '../../lib/domain/telemetry-record.ts';
import { parseMetrics, parseTraces } from '../../lib/ingest/parse-otlp.ts';

/** A loopback receiver that only keeps what comes in. */
export async function keepTelemetry(into: TelemetryBatch) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    const batch = request.url === '/v1/traces' ? parseTraces(body) : parseMetrics(body);
    into.boots.push(...batch.boots);
    into.calls.push(...batch.calls);
    into.attempts.push(...batch.attempts);
    into.operations.push(...batch.operations);
    into.deks.push(...batch.deks);
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // The server listens on TCP, so its address is never a pipe's name.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
