export { type Cause, causes } from './causes.ts';
export { type DekDirectory, memoryDirectory } from './directory.ts';
export {
  type Binding,
  type ByteStream,
  createEngine,
  type Engine,
  type EngineOptions,
  type EngineSnapshot,
  type MessageScope,
} from './engine.ts';
export {
  type EnvelopeHeader,
  type ParsedEnvelope,
  parseEnvelope,
  parseHeader,
  serializeHeader,
} from './envelope.ts';
export { CryptoCoreError, type CryptoCoreErrorCode } from './errors.ts';
export { type Policy, type Preset, parsePolicy, presets } from './policy.ts';
export {
  type KekProvider,
  type KmsAnswer,
  KmsFault,
  type KmsFaultKind,
  type KmsRequest,
} from './provider.ts';
export { type Runtime, systemRuntime } from './runtime.ts';
export type * from './telemetry/port.ts';
export type { Validation } from './validate.ts';
