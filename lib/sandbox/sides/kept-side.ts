/** What outlives a run of each side: its cloud's state with who is who in it, and each event of its log; JSON-able. */
import type { CloudState } from '../aws/cloud-options.ts';
import type { StoredEvent } from '../aws/event-log.ts';
import type { StoredRow } from '../azure/audit-log.ts';
import type { AzureCloudState } from '../azure/cloud.ts';
import type { Cast } from '../fleet/accounts.ts';
import type { StoredEntry } from '../gcp/audit-log.ts';
import type { GcpCloudState } from '../gcp/cloud.ts';
import type { AzureCastNames } from './azure-cast.ts';

/** The cast by access key. */
export type CastNames = { [Role in Exclude<keyof Cast, 'engines' | 'keyArn'>]: string } & {
  engines: string[];
  keyArn: string;
};

interface Kept {
  aws: { state: { cloud: CloudState; cast: CastNames }; event: StoredEvent };
  gcp: { state: { cloud: GcpCloudState; keyName: string }; event: StoredEntry };
  azure: {
    state: { cloud: AzureCloudState; cast: AzureCastNames };
    event: StoredRow;
  };
}

type Cloud = keyof Kept;

export type StoredEventOf<C extends Cloud> = Kept[C]['event'];

interface StateOf<C extends Cloud> {
  cloud: C;
  state: Kept[C]['state'];
}

/** A side as an earlier run left it. */
interface KeptSideOf<C extends Cloud> extends StateOf<C> {
  key: string;
  /** When its key was disabled; null while it is not. */
  disabledAt: number | null;
  /** As they were written. */
  events: readonly StoredEventOf<C>[];
}

export type SideState = { [C in Cloud]: StateOf<C> }[Cloud];
export type KeptSide = { [C in Cloud]: KeptSideOf<C> }[Cloud];

/** For keeping a side between runs. */
export interface SideKeeping<C extends Cloud> {
  /** Called for every event of its log as it is written. */
  keep?: (event: StoredEventOf<C>) => void;
  /** What an earlier run left. */
  restored?: Pick<KeptSideOf<C>, 'state' | 'events'>;
}
