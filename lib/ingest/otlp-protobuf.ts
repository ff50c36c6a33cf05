/** OTLP's protobuf messages, both ways; proto/README.md says where their definitions come from. */
import Long from 'long';
import protobuf from 'protobufjs/light.js';
import { AppError } from '../domain/app-error.ts';
import { decodeMessage } from './decode-message.ts';
import definitions from './generated/otlp.json' with { type: 'json' };

// Without `long` 64-bit numbers lose digits; protobufjs looks for it by itself, and a bundle may hide it.
protobuf.util.Long = Long;
protobuf.configure();

// A test proves the JSON to be what protobufjs makes of the .proto files; TypeScript sees texts for its literals.
const namespaceOf = (json: object) => json as protobuf.INamespace;
const root = protobuf.Root.fromJSON(namespaceOf(definitions));
const collector = 'opentelemetry.proto.collector';

/** One OTLP service's request and response. */
export interface OtlpMessages {
  /** The request as OTLP JSON has it. @throws {AppError} `bad-request`, `too-large` */
  decode(bytes: Uint8Array): unknown;
  /** The response that OTLP JSON has so. */
  encode(answer: object): Uint8Array<ArrayBuffer>;
}

export const traceMessages = messagesOf('trace', 'Trace');
export const metricsMessages = messagesOf('metrics', 'Metrics');

function messagesOf(signal: string, name: string): OtlpMessages {
  const request = root.lookupType(`${collector}.${signal}.v1.Export${name}ServiceRequest`);
  const response = root.lookupType(`${collector}.${signal}.v1.Export${name}ServiceResponse`);
  return {
    decode: (bytes) => {
      try {
        return { [onlyField(request)]: [], ...decodeMessage(request, bytes) };
      } catch (cause) {
        if (cause instanceof AppError) throw cause;
        const reason = cause instanceof Error ? cause.message : 'unreadable';
        throw new AppError(
          'bad-request',
          `The body is no ${request.name} in protobuf: ${reason}. Check its path (traces and metrics each have one) and its content-type.`,
          { cause },
        );
      }
    },
    encode: (answer) => encoded(response, answer),
  };
}

/** A request is one repeated field; one without any item is whole and empty. */
function onlyField(request: protobuf.Type): string {
  return request.fieldsArray.map(({ name }) => name).join();
}

const status = new protobuf.Type('Status')
  .add(new protobuf.Field('code', 1, 'int32'))
  .add(new protobuf.Field('message', 2, 'string'));

/** A google.rpc.Status, OTLP's body of an error; `code` is gRPC's. */
export function encodeStatus(fault: { code: number; message: string }): Uint8Array<ArrayBuffer> {
  return encoded(status, fault);
}

function encoded(type: protobuf.Type, value: object): Uint8Array<ArrayBuffer> {
  // The writer's buffer may be a slice of a shared pool.
  return new Uint8Array(type.encode(type.fromObject(value)).finish());
}
