export { type Cause, causes } from './causes.ts';
export { createEngine } from './create-engine.ts';
export { type DekDirectory, memoryDirectory, type PortOptions } from './directory.ts';
export type {
  BoundEngine,
  ByteStream,
  Engine,
  EngineOptions,
  EngineSnapshot,
  MessageScope,
} from './engine.ts';
export {
  type EnvelopeHeader,
  type ParsedEnvelope,
  parseEnvelope,
  parseHeader,
  serializeHeader,
} from './envelope.ts';
export { CryptoCoreError, type CryptoCoreErrorCode } from './errors.ts';
export type { Binding } from './given.ts';
export type { KeyFor } from './key-registry.ts';
export {
  type AwsKeyUri,
  type AzureKeyUri,
  type GcpKeyUri,
  type KeyUri,
  type LocalKeyUri,
  parseKeyUri,
} from './key-uri.ts';
export { type Policy, type Preset, parsePolicy, presets } from './policy.ts';
export {
  type KekProvider,
  type KekRouter,
  type KmsAnswer,
  KmsFault,
  type KmsFaultKind,
  type KmsLacks,
  type KmsRequest,
} from './provider.ts';
export { type ProviderRouterOptions, providerRouter } from './provider-router.ts';
export { type Runtime, systemRuntime } from './runtime.ts';
export type { StreamVersion } from './stream.ts';
export type * from './telemetry/port.ts';
export type { Validation } from './validate.ts';
