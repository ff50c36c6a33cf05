/**
 * Calls that go back to loads that began together, as a URL holds them: the loads' cause, when they began, and which
 * generation, such as `load.first.cold-start/2026-01-02T03:04:05Z/2`; without a generation all of them.
 */
import { parseInstant } from './instants.ts';
import { urlInstant } from './window-param.ts';

export interface EchoPart {
  cause: string;
  at: number;
  /** 0 for the loads themselves. */
  generation: number | null;
}

export function parseEcho(text: string): EchoPart | null {
  const [, cause = '', instant = '', generation] =
    /^([a-z.-]{1,64})\/([^/]+)(?:\/(\d{1,6}))?$/.exec(text) ?? [];
  const at = parseInstant(instant);
  if (at === null) return null;
  return { cause, at, generation: generation === undefined ? null : Number(generation) };
}

export const echoText = ({ cause, at, generation }: EchoPart): string =>
  `${cause}/${urlInstant(at)}${generation === null ? '' : `/${generation}`}`;
