import { roomLacking } from '../../store/connection/disk-room.ts';

const everyMs = 5_000;

/** Says once that the disk of the data directory is full, and once that there is room again. */
export function watchDisk(dir: string, say: (message: string) => void): () => void {
  let full = false;
  const look = () => {
    const left = roomLacking(dir);
    if ((left !== null) === full) return;
    full = left !== null;
    say(
      full
        ? `the disk of ${dir} is full (${left} MiB left): nothing is taken in until there is room`
        : `there is room again on the disk of ${dir}`,
    );
  };
  look();
  const timer = setInterval(look, everyMs).unref();
  return () => clearInterval(timer);
}
