/** The dashboard as a child of `keytide up`: Next.js on a loopback port, gone when its parent is. */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import next from 'next';
import { parseChildEnv } from '../env.ts';
import type { ToWeb } from '../services/owner.ts';
import { answerBy, contentPolicy, refusalBody, requestRefusal } from './front-door.ts';

const hostname = '127.0.0.1';
const { PORT: port = 3000, NODE_ENV } = parseChildEnv(process.env);
const dir = fileURLToPath(new URL('../..', import.meta.url));

process.on('disconnect', () => process.exit(0));
// A sandbox that a page asked for later: from now on the services find it as if it had been there.
process.on('message', (message: ToWeb) => {
  if (message.kind !== 'sandbox') return;
  process.env.KEYTIDE_SANDBOX_URL = message.url;
  process.env.KEYTIDE_SANDBOX_TOKEN = message.token;
});
process.on('SIGINT', () => undefined);
// `keytide up --dev`: pages are built as they are asked for, and told to the browser when they change.
const dev = NODE_ENV === 'development';
const app = next({ dev, dir, hostname, port });
await app.prepare();
const handle = app.getRequestHandler();
const home = `http://127.0.0.1:${port}`;
const names = new Set([`127.0.0.1:${port}`, `localhost:${port}`]);
const server = createServer((request, response) => {
  const refusal = requestRefusal(request, { names, home });
  if (refusal !== null) {
    const { type, body } = refusalBody(refusal, { headers: request.headers, home });
    response.writeHead(refusal.status, { 'content-type': type });
    return response.end(body);
  }
  const { nonce, policy } = contentPolicy({ dev });
  // Next.js marks its own scripts with the first, the layout marks ours with the second.
  request.headers['content-security-policy'] = policy;
  request.headers['x-nonce'] = nonce;
  request.headers['x-answer-by'] = String(answerBy(request, Date.now()));
  response.setHeader('content-security-policy', policy);
  return handle(request, response);
});
if (dev) server.on('upgrade', app.getUpgradeHandler());
server.on('error', (error) => {
  process.send?.({ kind: 'failed', message: error.message });
  process.exit(1);
});
server.listen(port, hostname, () => process.send?.({ kind: 'listening' }));
