/**
 * Your own engine in the running sandbox: two operations, one KMS call, and where the dashboard shows them.
 * README.md, section "In the sandbox", says how to run it.
 */
import { createEngine, memoryDirectory, systemRuntime } from '@keytide/crypto-core';
import { awsProvider } from '@keytide/crypto-core/providers/aws';
import { otlpSender } from '@keytide/crypto-core/telemetry/otlp';

const key = given('KEYTIDE_KEY');
const otlpUrl = given('KEYTIDE_OTLP_URL');
const causes: string[] = [];
const engine = createEngine({
  provider: awsProvider({
    endpoint: given('AWS_ENDPOINT_URL'),
    region: given('AWS_REGION'),
    credentials: {
      accessKeyId: given('AWS_ACCESS_KEY_ID'),
      secretAccessKey: given('AWS_SECRET_ACCESS_KEY'),
      sessionToken: given('AWS_SESSION_TOKEN'),
    },
  }),
  directory: memoryDirectory(),
  keyFor: () => key,
  process: 'example',
  telemetry: [
    otlpSender({ url: otlpUrl, token: given('KEYTIDE_OTLP_TOKEN') }),
    { attach: () => {}, call: ({ cause }) => causes.push(cause), close: async () => {} },
  ],
  runtime: { ...systemRuntime, now: await sandboxClock(new URL('/api/sandbox', otlpUrl)) },
});

const binding = { workspace: 'acme', context: { row: '7' } };
const envelope = await engine.encrypt(Buffer.from('hello'), binding);
console.log(`encrypted 5 bytes under ${key}: an envelope of ${envelope.length} bytes`);
console.log(`decrypted: ${await engine.decrypt(envelope, binding)}`);
console.log(`KMS calls, by cause: ${causes.join(', ')}`);
await engine.close();
console.log(`explained at ${new URL('/calls?process=example&last=1h', otlpUrl)}`);

/**
 * The sandbox's time runs fast, and calls must have its time to match their audit events. Your code needs none of this.
 */
async function sandboxClock(state: URL): Promise<() => number> {
  const response = await fetch(state);
  const { now, speed } = (await response.json()) as { now: number; speed: number };
  const began = performance.now();
  return () => now + (performance.now() - began) * speed;
}

function given(name: string): string {
  const value = process.env[name];
  if (value !== undefined) return value;
  console.error(`${name} is not set: eval "$(npx keytide sandbox env)"`);
  process.exit(1);
}
