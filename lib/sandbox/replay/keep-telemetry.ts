import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { TelemetrySink } from '@keytide/crypto-core';
import { type OtlpSender, otlpSender } from '@keytide/crypto-core/telemetry/otlp';

/** Engines sum by the minute and keep unsent telemetry for this long at most. */
const flushEveryMs = 4 * 3_600_000;

export interface KeptTelemetry {
  sinkFor: (process: string) => TelemetrySink;
  onMessage: (at: number) => Promise<void>;
  close(): Promise<void>;
}

/**
 * Keeps what engines send, an OTLP JSON export request a line, in `telemetry.jsonl` in `dir`: a receiver on loopback,
 * so that it is what a collector would get.
 */
export async function keepTelemetry(dir: string): Promise<KeptTelemetry> {
  await mkdir(dir, { recursive: true });
  const file = createWriteStream(join(dir, 'telemetry.jsonl'));
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    file.write(`${Buffer.concat(chunks)}\n`, () => response.end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // The server listens on TCP, so its address is never a pipe's name.
  const { port } = server.address() as AddressInfo;
  const senders: OtlpSender[] = [];
  let flushAt = Number.NEGATIVE_INFINITY;
  return {
    sinkFor: () => {
      const sender = otlpSender({ url: `http://127.0.0.1:${port}`, flushEveryMs: 0 });
      senders.push(sender);
      return sender;
    },
    onMessage: async (at) => {
      if (at < flushAt) return;
      flushAt = at + flushEveryMs;
      for (const sender of senders) await sender.flush();
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      file.end();
      await finished(file);
    },
  };
}
