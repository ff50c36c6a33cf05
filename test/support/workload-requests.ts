/**
 * When and why the recorded workloads ask the KMS under the variant 24h_8p_row_shared, by the rules R0 to R8 of their
 * `expected.json` alone: the engine makes the same requests, and takes minutes over them. Causes are refined as the
 * dashboard refines them; no process is ever new.
 */
import { crc32 } from 'node:zlib';
import type { TraceRow } from '../../lib/sandbox/replay/read-trace.ts';

export const requestsVariant = '24h_8p_row_shared';
const processes = 8;
const rotationMs = 86_400_000;
const ttlMs = 3_600_000;

export interface WorkloadRequest {
  /** Epoch ms. */
  at: number;
  cause: string;
}

interface Dek {
  number: number;
  createdAt: number;
  /** By process. */
  loadedAt: Map<number, number>;
}

/** All requests in order of time. */
export function workloadRequests(rows: readonly TraceRow[]): WorkloadRequest[] {
  const requests: WorkloadRequest[] = [];
  const current = new Map<string, Dek>();
  const histories = new Map<string, Dek[]>();
  let made = 0;
  for (const [index, { at, conversation, workspace }] of rows.entries()) {
    const process = crc32(String(index)) % processes;
    const open = (dek: Dek) => {
      if (at < (dek.loadedAt.get(process) ?? Number.NEGATIVE_INFINITY) + ttlMs) return;
      requests.push({ at, cause: causeOf(dek, process, at) });
      dek.loadedAt.set(process, at);
    };
    const history = histories.get(conversation) ?? [];
    for (const dek of history.sort((a, b) => a.number - b.number)) open(dek);
    let dek = current.get(workspace);
    if (dek === undefined || at >= dek.createdAt + rotationMs) {
      requests.push({ at, cause: dek === undefined ? 'dek.first' : 'dek.rotation' });
      dek = { number: made, createdAt: at, loadedAt: new Map([[process, at]]) };
      made += 1;
      current.set(workspace, dek);
    }
    open(dek);
    if (!history.includes(dek)) history.push(dek);
    histories.set(conversation, history);
  }
  return requests;
}

function causeOf({ createdAt, loadedAt }: Dek, process: number, at: number): string {
  const own = loadedAt.get(process);
  if (own !== undefined) return at < own + 2 * ttlMs ? 'load.expired' : 'load.reopened';
  const held = [...loadedAt.values()].some((loaded) => at < loaded + ttlMs);
  if (held) return 'load.first.fan-out';
  return at >= createdAt + rotationMs ? 'load.first.historical' : 'load.first';
}
