/** A real HTTP receiver of OTLP/JSON. It keeps what it acknowledged, and answers as planned. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Attributes = Record<string, string | number | boolean>;
export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status?: { code: number; message: string };
  attributes: Attributes;
}
export interface Point {
  metric: string;
  unit: string;
  temporality: number;
  monotonic: boolean;
  startTimeUnixNano: string;
  timeUnixNano: string;
  n: number;
  attributes: Attributes;
}
interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  status: number;
}

type Json = { key: string; value: Record<string, string | boolean> }[];

const attributesOf = (list: Json): Attributes =>
  Object.fromEntries(
    list.map(({ key, value }) => [
      key,
      'intValue' in value ? Number(value.intValue) : (Object.values(value)[0] ?? ''),
    ]),
  );

export class Receiver {
  readonly received: Received[] = [];
  /** Statuses of the next answers; 200 afterwards. */
  readonly statuses: number[] = [];
  #server = createServer();
  #port = 0;

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await receiver.listen();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens, on the same port as before if it had one. */
  async listen(): Promise<void> {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const status = this.statuses.shift() ?? 200;
        const body = Buffer.concat(chunks).toString('utf8');
        const { url: path = '', headers } = request;
        this.received.push({ path, headers, body, status });
        response.writeHead(status, { connection: 'close' }).end('{}');
      });
    });
    await new Promise<void>((resolve) => {
      this.#server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accepted(path: string): string[] {
    const done = this.received.filter((one) => one.path === path && one.status === 200);
    return done.map(({ body }) => body);
  }

  get spans(): Span[] {
    return this.#accepted('/v1/traces').flatMap((body) => spansOf(body));
  }

  get points(): Point[] {
    return this.#accepted('/v1/metrics').flatMap((body) => pointsOf(body));
  }
}

export function spansOf(body: string): Span[] {
  return JSON.parse(body).resourceSpans.flatMap(
    (resource: { scopeSpans: { spans: (Omit<Span, 'attributes'> & { attributes: Json })[] }[] }) =>
      resource.scopeSpans.flatMap(({ spans }) =>
        spans.map((span) => ({ ...span, attributes: attributesOf(span.attributes) })),
      ),
  );
}

interface RawMetric {
  name: string;
  unit: string;
  sum: {
    aggregationTemporality: number;
    isMonotonic: boolean;
    dataPoints: {
      startTimeUnixNano: string;
      timeUnixNano: string;
      asInt: string;
      attributes: Json;
    }[];
  };
}

export function pointsOf(body: string): Point[] {
  return JSON.parse(body).resourceMetrics.flatMap(
    (resource: { scopeMetrics: { metrics: RawMetric[] }[] }) =>
      resource.scopeMetrics.flatMap(({ metrics }) =>
        metrics.flatMap(({ name, unit, sum }) =>
          sum.dataPoints.map(({ asInt, attributes, ...times }) => ({
            metric: name,
            unit,
            temporality: sum.aggregationTemporality,
            monotonic: sum.isMonotonic,
            ...times,
            n: Number(asInt),
            attributes: attributesOf(attributes),
          })),
        ),
      ),
  );
}

/** The resource attributes of a body, of either kind. */
export function resourceOf(body: string): Attributes {
  const parsed = JSON.parse(body);
  const [first] = parsed.resourceSpans ?? parsed.resourceMetrics;
  return attributesOf(first.resource.attributes);
}
