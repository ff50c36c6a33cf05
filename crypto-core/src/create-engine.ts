import type { Engine, EngineOptions } from './engine.ts';
import { EnvelopeEngine } from './envelope-engine.ts';
import { checkNames } from './given.ts';
import { parsePolicy } from './policy.ts';
import { systemRuntime } from './runtime.ts';

const optionNames: ReadonlySet<string> = new Set<keyof EngineOptions>([
  'provider',
  'keyFor',
  'directory',
  'policy',
  'process',
  'telemetry',
  'runtime',
  'streamVersionMin',
]);

/**
 * @example
 * const engine = createEngine({ provider: localProvider({ secret }), directory: memoryDirectory(), process: 'api-1',
 *   keyFor: () => 'local:key/1' });
 * const envelope = await engine.encrypt(Buffer.from('hello'), { workspace: 'acme' });
 */
export function createEngine(options: EngineOptions): Engine {
  checkNames('createEngine', options, optionNames);
  const { provider, keyFor, directory, process, telemetry = [], streamVersionMin = 1 } = options;
  const { runtime = systemRuntime } = options;
  if (typeof keyFor !== 'function') throw new TypeError('keyFor must be a function');
  if (typeof process !== 'string' || !/^[\w-]{1,64}$/.test(process)) {
    throw new TypeError('process must be 1 to 64 letters, digits, - or _');
  }
  if (!hasMethods(provider, ['providerFor'])) checkPort('provider', provider, ['wrap', 'unwrap']);
  const policy = parsePolicy(options.policy);
  if (policy.deks === 'shared') checkPort('directory', directory, ['current', 'replace']);
  if (!Array.isArray(telemetry)) throw new TypeError('telemetry must be an array of sinks');
  for (const sink of telemetry) checkPort('telemetry', sink, ['attach', 'call', 'close']);
  checkPort('runtime', runtime, ['now', 'monotonic', 'sleep', 'random', 'fill', 'every']);
  if (streamVersionMin !== 1 && streamVersionMin !== 2)
    throw new RangeError('streamVersionMin must be 1 or 2');
  const shared = policy.deks === 'shared' ? directory : undefined;
  return new EnvelopeEngine({
    provider,
    keyFor,
    directory: shared,
    policy,
    process,
    telemetry,
    runtime,
    streamVersionMin,
  });
}

/** @throws {TypeError} naming the option and the method that is missing */
function checkPort(option: string, port: unknown, methods: readonly string[]): void {
  const missing = methods.find((method) => !hasMethods(port, [method]));
  if (missing !== undefined) throw new TypeError(`${option} must have a method ${missing}`);
}

function hasMethods(port: unknown, methods: readonly string[]): boolean {
  if (typeof port !== 'object' || port === null) return false;
  return methods.every((method) => typeof Reflect.get(port, method) === 'function');
}
