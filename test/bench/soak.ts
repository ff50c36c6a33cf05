import { soak, soakMinutes } from '../support/soak.ts';
import { type BenchOptions, printRow } from './bench-row.ts';

/** `npm run bench -- soak`: an hour of the sandbox, or KEYTIDE_SOAK_MINUTES of it. */
export async function benchSoak(options: BenchOptions): Promise<void> {
  const { growth, bytes, p95 } = await soak({ minutes: soakMinutes(60) });
  printRow(
    { name: 'soak.embedded.growth', ours: growth, peers: bytes, unit: 'of the early size' },
    options,
  );
  printRow(
    { name: 'soak.embedded.p95', ours: p95.last, peers: { first: p95.first }, unit: 'ms' },
    options,
  );
}
