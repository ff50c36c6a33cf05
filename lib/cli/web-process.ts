/** The dashboard as a child of `keytide up`: Next.js on a loopback port, gone when its parent is. */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import next from 'next';

const hostname = '127.0.0.1';
const port = Number(process.env.PORT);
const dir = fileURLToPath(new URL('../..', import.meta.url));

process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
const app = next({ dev: false, dir, hostname, port });
await app.prepare();
const handle = app.getRequestHandler();
// A page of another site may point its own name at loopback: only our own names are answered.
const names = new Set([`127.0.0.1:${port}`, `localhost:${port}`]);
const server = createServer((request, response) => {
  if (names.has(request.headers.host ?? '')) return handle(request, response);
  response.writeHead(403, { 'content-type': 'text/plain' }).end(`Open http://127.0.0.1:${port}\n`);
});
server.on('error', (error) => {
  process.send?.({ kind: 'failed', message: error.message });
  process.exit(1);
});
server.listen(port, hostname, () => process.send?.({ kind: 'listening' }));
