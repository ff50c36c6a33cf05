import ora from 'ora';
import { terminalLine } from '../shared/escape.ts';

const lineEveryMs = 10_000;

export interface Progress {
  /** How far it is: "40 %", or what is being read. */
  show(detail: string): void;
  end(): void;
}

/** How far a long work is, on stderr: a spinner on a terminal; elsewhere a line every ten seconds that it takes. */
export const progress = (label: string): Progress =>
  process.stderr.isTTY ? spinning(label) : told(label);

export const percentOf = (share: number): string => `${Math.floor(100 * share)} %`;

/** Shows that a work whose length is not known goes on. */
export async function saidWhile<T>(label: string, work: Promise<T>): Promise<T> {
  const shown = progress(label);
  try {
    return await work;
  } finally {
    shown.end();
  }
}

function spinning(label: string): Progress {
  // Without its own reading of the keyboard: Ctrl-C is the command's to answer.
  const spinner = ora({
    text: label,
    stream: process.stderr,
    discardStdin: false,
    isEnabled: true,
  });
  spinner.start();
  return {
    show: (detail) => {
      spinner.text = terminalLine(`${label} ${detail}`);
    },
    end: () => void spinner.stop(),
  };
}

function told(label: string): Progress {
  const from = performance.now();
  let detail = '';
  let toldAt = from;
  const tell = () => {
    const now = performance.now();
    if (now - toldAt < lineEveryMs) return;
    toldAt = now;
    const far = detail === '' ? `${Math.round((now - from) / 1000)} s so far` : detail;
    process.stderr.write(`${terminalLine(`${label}: ${far}`)}\n`);
  };
  const timer = setInterval(tell, lineEveryMs);
  return {
    show: (given) => {
      detail = given;
      // A work that keeps the process busy lets no timer run.
      tell();
    },
    end: () => clearInterval(timer),
  };
}
