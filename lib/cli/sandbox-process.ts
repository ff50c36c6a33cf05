/** The sandbox as a child of `keytide up`: told what to do over IPC, gone when its parent is. */
import { systemClock } from '../domain/clock.ts';
import { parseChildEnv } from '../env.ts';
import { type ControlState, StillLaying, startControlServer } from '../sandbox/control-server.ts';
import { type Keeper, keepIn, readKept } from '../sandbox/keep.ts';
import { LabHouse } from '../sandbox/lab/lab-house.ts';
import { history, Sandbox, type SandboxOptions } from '../sandbox/sandbox.ts';
import type { FromSandbox, ToSandbox } from './sandbox-messages.ts';

const saveEveryMs = 1_000;
const minuteMs = 60_000;
/** A saved clock may be a second of wall time old. Starting this much later keeps sandbox time from going back. */
const resumeGapMs = 2 * saveEveryMs;

const { KEYTIDE_SANDBOX_DIR: dir, KEYTIDE_SANDBOX_TOKEN: token } = parseChildEnv(process.env);

let sandbox: Sandbox | undefined;
let keeper: Keeper | undefined;
/** Until its history is laid. */
let laying = true;
let otlp = { url: '', token: '' };

const tell = (message: FromSandbox) => process.send?.(message);

const labs = new LabHouse({
  wall: systemClock,
  onError: (message) => tell({ kind: 'log', message }),
});

const control = await startControlServer(
  {
    state,
    access: () => {
      const clouds = sandbox?.access() ?? null;
      return clouds === null ? null : { clouds, otlp };
    },
    setKey: (key, enabled) => {
      if (sandbox === undefined) throw new RangeError(`The sandbox has no key ${key}.`);
      sandbox.setKey(key, enabled);
      save();
    },
    labs: () => (laying ? null : labs),
    setSpeed: (wanted) => {
      if (sandbox === undefined || laying) throw new StillLaying();
      sandbox.clock.setSpeed(wanted);
    },
  },
  token,
);
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
process.on('message', (message: ToSandbox) => {
  const done = message.kind === 'begin' ? begin(message) : stop();
  done.catch((error: unknown) => {
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  });
});
const kept = readKept(dir);
const keptSides = (kept?.sides ?? []).map(({ cloud, key }) => ({ cloud, key }));
tell({ kind: 'listening', controlUrl: control.url, keptSides });

async function begin(order: Extract<ToSandbox, { kind: 'begin' }>): Promise<void> {
  const { speed, clouds, logsDir, delays } = order;
  otlp = order.otlp;
  const resumed = order.resume && kept !== null ? kept : null;
  keeper = keepIn(dir, { fresh: resumed === null });
  const now = Math.floor(Date.now() / minuteMs) * minuteMs;
  let last = 0;
  for (const { events } of resumed?.sides ?? [])
    for (const { at } of events) last = Math.max(last, at);
  const startMs = resumed
    ? Math.max(resumed.clockMs, last) + resumeGapMs * speed
    : now - history.lengthMs;
  const options: SandboxOptions = {
    startMs,
    seed: order.seed,
    otlp: order.otlp,
    clouds,
    ...delays,
    keep: keeper.append,
    onError: (text) => tell({ kind: 'log', message: text }),
    ...(resumed ? { restored: resumed.sides } : { openingMs: history.openingMs }),
  };
  sandbox = new Sandbox(options);
  save();
  tell({ kind: 'made', keys: sandbox.sides.map(({ keyUri }) => keyUri) });
  if (resumed === null) {
    await sandbox.layHistory(now, (at) =>
      tell({ kind: 'progress', share: (at - startMs) / (now - startMs) }),
    );
    await sandbox.writeLogs(logsDir);
    tell({ kind: 'laid' });
  }
  save();
  laying = false;
  await sandbox.goLive(speed);
  setInterval(save, saveEveryMs).unref();
  tell({ kind: 'live' });
}

async function stop(): Promise<void> {
  await labs.close();
  await sandbox?.close();
  save();
  keeper?.close();
  await control.close();
  process.exit(0);
}

function save(): void {
  if (sandbox !== undefined) keeper?.save(sandbox.exportState());
}

function state(): ControlState {
  // Where it is going to begin: its time never goes back.
  const beginsAt = kept?.clockMs ?? Date.now() - history.lengthMs;
  if (sandbox === undefined) return { now: beginsAt, speed: 0, laying, keys: [] };
  const { clock, sides } = sandbox;
  const keys = sides.map((side) => {
    const disabledAt = sandbox?.disabledAt(side) ?? null;
    return { key: side.keyUri, enabled: disabledAt === null, disabledAt };
  });
  return { now: clock.now(), speed: clock.speed, laying, keys };
}
