import { terminalLine } from '../shared/escape.ts';

const lineEveryMs = 10_000;

/** How far a long work is, on stderr: one line that rewrites itself; where that is no terminal, a line now and then. */
export function progressLine(label: string): { show(share: number): void; end(): void } {
  const { stderr } = process;
  let shown = -1;
  let shownAt = performance.now();
  return {
    show: (share) => {
      const percent = Math.floor(100 * share);
      if (percent === shown || (!stderr.isTTY && performance.now() - shownAt < lineEveryMs)) return;
      shown = percent;
      shownAt = performance.now();
      stderr.write(stderr.isTTY ? `\r\u001b[2K${label} ${percent} %` : `${label}: ${percent} %\n`);
    },
    end: () => {
      if (stderr.isTTY && shown >= 0) stderr.write('\r\u001b[2K');
    },
  };
}

/** Says again and again that a work whose length is not known goes on; nothing where it takes seconds. */
export async function saidWhile<T>(label: string, work: Promise<T>): Promise<T> {
  const from = performance.now();
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - from) / 1000);
    process.stderr.write(`${terminalLine(`${label}: ${seconds} s so far`)}\n`);
  }, lineEveryMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
