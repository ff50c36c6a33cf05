import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { PGlite } from '@electric-sql/pglite';
import { type Frame, FrameReader, frameBytesMax } from './wire-frames.ts';

/**
 * Lets several PostgreSQL clients use one PGlite over a unix socket. PGlite has one session, so all messages up to a
 * Sync, and all of a transaction, run as one: between a large statement's Parse and its Bind another client's Parse
 * would replace it. Settings and named statements are shared by all clients.
 */
export interface SessionServer {
  close(): Promise<void>;
}

export interface SessionServerOptions {
  db: PGlite;
  path: string;
  connectionsMax: number;
  /**
   * How long a client may leave a transaction untouched before it is disconnected and rolled back.
   */
  idleInTransactionMsMax: number;
}

interface Client {
  socket: Socket;
  frames: FrameReader;
  batch: Uint8Array[];
  batchBytes: number;
  copies: boolean;
}

interface Batch {
  client: Client;
  messages: Uint8Array[];
  /** False after a Flush: more of the same statement follows. */
  complete: boolean;
  /** A COPY and its data. */
  copies: boolean;
}

const batchEnds = new Set(['startup', 'Q', 'S', 'F', 'c', 'f']);
const copyIn = /^\s*copy\b[^;]*\bfrom\s+stdin\b/i;
/** That the data may come, as text in no columns: whoever sends them knows what they are. */
const copyInResponse = new Uint8Array([0x47, 0, 0, 0, 7, 0, 0, 0]);

export async function serveSession(options: SessionServerOptions): Promise<SessionServer> {
  const session = new Session(options.db, options.idleInTransactionMsMax);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    accept(socket, session);
  });
  server.maxConnections = options.connectionsMax;
  await listen(server, options.path);
  return {
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await Promise.all([closed, session.end()]);
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      chmodSync(path, 0o600);
      resolve();
    });
  });
}

function accept(socket: Socket, session: Session): void {
  const client: Client = {
    socket,
    frames: new FrameReader(),
    batch: [],
    batchBytes: 0,
    copies: false,
  };
  // A broken connection is followed by 'close', which does the work.
  socket.on('error', () => undefined);
  socket.on('close', () => session.leave(client));
  socket.on('data', (chunk) => {
    try {
      for (const frame of client.frames.push(chunk)) take(client, frame, session);
    } catch {
      socket.destroy();
    }
  });
}

function take(client: Client, { type, bytes }: Frame, session: Session): void {
  if (type === 'encrypt') {
    client.socket.write('N');
    return;
  }
  if (type === 'cancel' || type === 'X') {
    client.socket.end();
    return;
  }
  client.batch.push(bytes);
  client.batchBytes += bytes.length;
  if (client.batchBytes > frameBytesMax) throw new RangeError('a batch too large');
  // PGlite waits for no data: it takes them with the statement that asks for them.
  if (type === 'Q' && copyIn.test(Buffer.from(bytes).toString('latin1', 5))) {
    client.copies = true;
    client.socket.write(copyInResponse);
    return;
  }
  const complete = batchEnds.has(type);
  if (!complete && type !== 'H') return;
  session.submit({ client, messages: client.batch, complete, copies: client.copies });
  client.batch = [];
  client.batchBytes = 0;
  client.copies = false;
}

/**
 * Runs batches one at a time; while a client is inside a transaction or a statement, only that
 * client's.
 */
class Session {
  readonly #db: PGlite;
  readonly #idleMsMax: number;
  #queue: Batch[] = [];
  #current: Client | null = null;
  #holder: Client | null = null;
  #idleTimer: NodeJS.Timeout | undefined;
  #running = false;
  #ended = false;
  #drained: Promise<void> = Promise.resolve();

  constructor(db: PGlite, idleMsMax: number) {
    this.#db = db;
    this.#idleMsMax = idleMsMax;
  }

  submit(batch: Batch): void {
    if (this.#ended) return;
    this.#queue.push(batch);
    if (this.#running) return;
    this.#running = true;
    this.#drained = this.#drain();
  }

  leave(client: Client): void {
    this.#queue = this.#queue.filter((batch) => batch.client !== client);
    if (client !== this.#holder && client !== this.#current) return;
    const messages = [syncMessage(), queryMessage('ROLLBACK')];
    this.submit({ client, messages, complete: true, copies: false });
  }

  /** Takes nothing more and resolves once the batch under way is done. */
  end(): Promise<void> {
    this.#ended = true;
    this.#queue = [];
    clearTimeout(this.#idleTimer);
    return this.#drained;
  }

  async #drain(): Promise<void> {
    for (let batch = this.#next(); batch; batch = this.#next()) await this.#run(batch);
    this.#running = false;
  }

  #next(): Batch | undefined {
    if (this.#holder === null) return this.#queue.shift();
    const index = this.#queue.findIndex((batch) => batch.client === this.#holder);
    return index < 0 ? undefined : this.#queue.splice(index, 1)[0];
  }

  async #run({ client, messages, complete, copies }: Batch): Promise<void> {
    clearTimeout(this.#idleTimer);
    this.#current = client;
    this.#holder = null;
    try {
      await this.#db.runExclusive(async () => {
        if (copies) await this.#copy(client.socket, Buffer.concat(messages));
        else for (const message of messages) await this.#send(client.socket, message);
      });
      if (!complete || this.#db.isInTransaction()) this.#hold(client);
    } catch {
      // The engine itself failed, which no reply of its own tells the client.
      client.socket.destroy();
    }
    this.#current = null;
  }

  #hold(client: Client): void {
    this.#holder = client;
    if (this.#ended) return;
    this.#idleTimer = setTimeout(() => client.socket.destroy(), this.#idleMsMax);
    this.#idleTimer.unref();
  }

  async #copy(socket: Socket, message: Uint8Array): Promise<void> {
    const reply = Buffer.from(await this.#db.execProtocolRaw(message));
    // That the data may come was said before they came.
    const said = reply[0] === copyInResponse[0] ? 1 + reply.readInt32BE(1) : 0;
    if (socket.writable) socket.write(reply.subarray(said));
  }

  #send(socket: Socket, message: Uint8Array): Promise<void> {
    return this.#db.execProtocolRawStream(message, {
      onRawData: (data) => {
        // PGlite reuses the memory behind `data` for its next reply.
        if (socket.writable) socket.write(Buffer.from(data));
      },
    });
  }
}

function syncMessage(): Uint8Array {
  return new Uint8Array([0x53, 0, 0, 0, 4]);
}

function queryMessage(sql: string): Uint8Array {
  const message = Buffer.alloc(6 + sql.length);
  message.write('Q');
  message.writeInt32BE(5 + sql.length, 1);
  message.write(sql, 5);
  return new Uint8Array(message);
}
