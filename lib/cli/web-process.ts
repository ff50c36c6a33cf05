/** The dashboard as a child of `keytide up`: Next.js on a loopback port, gone when its parent is. */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import next from 'next';
import { answerBy, contentPolicy, refusalOf } from './front-door.ts';
import type { ToWeb } from './web-messages.ts';

const hostname = '127.0.0.1';
const port = Number(process.env.PORT);
const dir = fileURLToPath(new URL('../..', import.meta.url));

process.on('disconnect', () => process.exit(0));
// A sandbox that a page asked for later: from now on the services find it as if it had been there.
process.on('message', ({ url, token }: ToWeb) => {
  process.env.KEYTIDE_SANDBOX_URL = url;
  process.env.KEYTIDE_SANDBOX_TOKEN = token;
});
process.on('SIGINT', () => undefined);
const app = next({ dev: false, dir, hostname, port });
await app.prepare();
const handle = app.getRequestHandler();
const home = `http://127.0.0.1:${port}`;
const names = new Set([`127.0.0.1:${port}`, `localhost:${port}`]);
const server = createServer((request, response) => {
  const refusal = refusalOf(request, { names, home });
  if (refusal !== null) {
    response.writeHead(refusal.status, { 'content-type': 'text/plain' });
    return response.end(`${refusal.reason}\n`);
  }
  const { nonce, policy } = contentPolicy();
  // By the first Next.js marks its own scripts, by the second the layout marks ours.
  request.headers['content-security-policy'] = policy;
  request.headers['x-nonce'] = nonce;
  request.headers['x-answer-by'] = String(answerBy(request, Date.now()));
  response.setHeader('content-security-policy', policy);
  return handle(request, response);
});
server.on('error', (error) => {
  process.send?.({ kind: 'failed', message: error.message });
  process.exit(1);
});
server.listen(port, hostname, () => process.send?.({ kind: 'listening' }));
