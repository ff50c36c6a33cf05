/** Names of spikes, by their interval: `20261124T1403-20261124T1406`, UTC. */
const pattern = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)$/;

const stamp = (at: number): string =>
  new Date(at).toISOString().slice(0, 16).replaceAll('-', '').replace(':', '');

export const spikeId = ({ from, to }: { from: number; to: number }): string =>
  `${stamp(from)}-${stamp(to)}`;

/** The interval that an id names, epoch ms; null where it names none. */
export function parseSpikeId(id: string): { from: number; to: number } | null {
  const [from = Number.NaN, to = Number.NaN] = id.split('-').map((part) => {
    const [, year, month, day, hour, minute] = pattern.exec(part) ?? [];
    return Date.parse(`${year}-${month}-${day}T${hour}:${minute}Z`);
  });
  return from < to ? { from, to } : null;
}

/** The dashboard's page about a spike. */
export function spikeHref(spike: { id: string; key: string; workspace: string | null }): string {
  const query = new URLSearchParams({ key: spike.key });
  if (spike.workspace !== null) query.set('workspace', spike.workspace);
  return `/spikes/${spike.id}?${query}`;
}
