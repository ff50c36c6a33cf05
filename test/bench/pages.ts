/**
 * `npm run bench -- pages`: Lighthouse on the pages that are opened first, on a desktop, over the sandbox's two days.
 * Its module is not installed here: `KEYTIDE_BENCH_LIGHTHOUSE` is where it lies. `KEYTIDE_BENCH_URL` names a dashboard
 * that runs already, else one is started.
 */
import { chromium } from 'playwright-core';
import { browserArgs, executablePath } from '../support/browser.ts';
import { freePort, removeDir, startUp } from '../support/up.ts';
import { type BenchOptions, CannotRun, printMeasures } from './bench-row.ts';

const paths = ['/', '/spikes', '/calls'];
/** What each page has to reach. */
const pointsMin = 90;
const loads = 3;

interface Report {
  lhr: {
    categories: Readonly<Record<string, { score: number | null }>>;
    audits: Readonly<Record<string, { numericValue?: number }>>;
  };
}

interface LighthouseModule {
  default(
    url: string,
    flags: { port: number; onlyCategories: string[]; logLevel: string },
    config: object,
  ): Promise<Report | undefined>;
  desktopConfig: object;
}

/** @throws {CannotRun} */
async function openLighthouse(): Promise<LighthouseModule> {
  const name = process.env.KEYTIDE_BENCH_LIGHTHOUSE ?? 'lighthouse';
  return (import(name) as Promise<LighthouseModule>).catch((): never => {
    throw new CannotRun(`${name} is not installed; KEYTIDE_BENCH_LIGHTHOUSE names its module`);
  });
}

export async function benchPages(options: BenchOptions): Promise<void> {
  const lighthouse = await openLighthouse();
  const given = process.env.KEYTIDE_BENCH_URL;
  const up = given === undefined ? await startUp() : null;
  const port = await freePort();
  const browser = await chromium.launch({
    executablePath,
    args: [...browserArgs, `--remote-debugging-port=${port}`],
  });
  try {
    for (const path of paths) {
      const url = `${given ?? up?.url}${path}?last=48h`;
      const found = [];
      for (let load = 0; load < loads; load++)
        found.push(await measured(lighthouse, { url, port }));
      const best = found.toSorted((a, b) => b.points - a.points);
      // The middle one: a busy machine spoils single loads.
      const middle = best[Math.floor(loads / 2)];
      if (middle === undefined) continue;
      printMeasures({ name: path, unit: 'Lighthouse, ms', measures: middle }, options);
      if (middle.points < pointsMin) process.exitCode = 1;
    }
  } finally {
    await browser.close();
    await up?.stop();
    if (up) await removeDir(up.dir);
  }
}

async function measured(
  lighthouse: LighthouseModule,
  { url, port }: { url: string; port: number },
) {
  const flags = {
    port,
    onlyCategories: ['performance', 'accessibility'],
    logLevel: 'error',
  };
  const report = await lighthouse.default(url, flags, lighthouse.desktopConfig);
  const { categories = {}, audits = {} } = report?.lhr ?? {};
  const scoreOf = (name: string) => Math.round((categories[name]?.score ?? 0) * 100);
  const numberOf = (name: string) => audits[name]?.numericValue ?? Number.NaN;
  return {
    points: scoreOf('performance'),
    accessibility: scoreOf('accessibility'),
    'first paint': numberOf('first-contentful-paint'),
    'largest paint': numberOf('largest-contentful-paint'),
    blocked: numberOf('total-blocking-time'),
    shift: numberOf('cumulative-layout-shift'),
  };
}
