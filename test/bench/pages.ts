/**
 * `npm run bench -- pages`: Lighthouse over the sandbox's two days, on a desktop: how fast the pages are that are
 * opened first, and how accessible every page is.
 * Its module is not installed here: `KEYTIDE_BENCH_LIGHTHOUSE` is where it lies. `KEYTIDE_BENCH_URL` names a dashboard
 * that runs already, else one is started.
 */
import { chromium } from 'playwright-core';
import { pages } from '../../components/ui/pages.ts';
import { browserArgs, executablePath } from '../support/browser.ts';
import { freePort, removeDir, startUp } from '../support/up.ts';
import { type BenchOptions, CannotRun, printMeasures } from './bench-row.ts';

const fastPaths = ['/', '/spikes', '/calls'];
/** What each of these has to reach, and every page's accessibility. */
const pointsMin = 90;
const accessibilityMin = 100;
const loads = 3;
/** A busy machine may show Lighthouse nothing at all: so many loads in vain are not counted. */
const vainMax = 3;

const otherPaths = [...pages.map(({ href }) => href), '/start'].filter(
  (href) => !fastPaths.includes(href),
);

interface Report {
  lhr: {
    runtimeError?: { message: string };
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
    for (const path of [...fastPaths, ...otherPaths]) {
      const page = { url: `${given ?? up?.url}${path}?last=48h`, port };
      const found = [];
      for (let load = 0; load < (fastPaths.includes(path) ? loads : 1); load++)
        found.push(await measured(lighthouse, page));
      const best = found.toSorted((a, b) => b.points - a.points);
      // The middle one: a busy machine spoils single loads.
      const middle = best[Math.floor(found.length / 2)];
      if (middle === undefined) continue;
      printMeasures({ name: path, unit: 'Lighthouse, ms', measures: middle }, options);
      const isSlow = fastPaths.includes(path) && middle.points < pointsMin;
      if (isSlow || middle.accessibility < accessibilityMin) process.exitCode = 1;
    }
  } finally {
    await browser.close();
    await up?.stop();
    if (up) await removeDir(up.dir);
  }
}

interface Loaded {
  url: string;
  port: number;
}

/** @throws {Error} where the page shows nothing however often it is loaded */
async function measured(lighthouse: LighthouseModule, page: Loaded, vain = 0) {
  const { categories, audits, runtimeError } = await reportOf(lighthouse, page);
  const [points, accessibility] = ['performance', 'accessibility'].map(
    (name) => categories[name]?.score ?? null,
  );
  if (points == null || accessibility == null) {
    if (vain < vainMax) return measured(lighthouse, page, vain + 1);
    throw new Error(`Lighthouse has no figure for ${page.url}: ${runtimeError?.message}`);
  }
  const numberOf = (name: string) => audits[name]?.numericValue ?? Number.NaN;
  return {
    points: Math.round(points * 100),
    accessibility: Math.round(accessibility * 100),
    'first paint': numberOf('first-contentful-paint'),
    'largest paint': numberOf('largest-contentful-paint'),
    blocked: numberOf('total-blocking-time'),
    shift: numberOf('cumulative-layout-shift'),
  };
}

async function reportOf(lighthouse: LighthouseModule, { url, port }: Loaded) {
  const flags = {
    port,
    onlyCategories: ['performance', 'accessibility'],
    logLevel: 'error',
  };
  const report = await lighthouse.default(url, flags, lighthouse.desktopConfig);
  return report?.lhr ?? { categories: {}, audits: {} };
}
