/**
 * Calls that go back to loads that began together, as a URL holds them: the loads' cause, when they began, and which
 * generation, such as `load.first.cold-start/2026-01-02T03:04:05Z/2`; without a generation all of them, and with
 * `rest` all others.
 */
import { isCause } from './causes.ts';
import { parseInstant } from './instants.ts';
import { urlInstant } from './window-param.ts';

export interface EchoPart {
  cause: string;
  at: number;
  /** 0 for the loads themselves; null for all of them. */
  generation: number | 'rest' | null;
}

export function parseEcho(text: string): EchoPart | null {
  const [, cause = '', instant = '', generation] =
    /^([a-z.-]{1,64})\/([^/]+)(?:\/(\d{1,6}|rest))?$/.exec(text) ?? [];
  const at = parseInstant(instant);
  if (at === null || !isCause(cause)) return null;
  if (generation === undefined) return { cause, at, generation: null };
  return { cause, at, generation: generation === 'rest' ? generation : Number(generation) };
}

export const echoText = ({ cause, at, generation }: EchoPart): string =>
  `${cause}/${urlInstant(at)}${generation === null ? '' : `/${generation}`}`;
