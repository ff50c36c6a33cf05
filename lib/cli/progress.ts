/** One line on stderr that rewrites itself; nothing where stderr is no terminal. */
export function progressLine(label: string): { show(share: number): void; end(): void } {
  const { stderr } = process;
  let shown = -1;
  return {
    show: (share) => {
      const percent = Math.floor(100 * share);
      if (!stderr.isTTY || percent === shown) return;
      shown = percent;
      stderr.write(`\r\u001b[2K${label} ${percent} %`);
    },
    end: () => {
      if (stderr.isTTY && shown >= 0) stderr.write('\r\u001b[2K');
    },
  };
}
