/** A drill in words: one table for the command, the report and the page. */
import type {
  Drill,
  DrillCode,
  DrillReason,
  DrillVerdict,
  DrillView,
  RevokedHow,
} from './drill-view.ts';
import { afterText, instantText, nounText, spanText } from './screen-text.ts';

export const drillVerdicts: Record<DrillVerdict, string> = {
  pass: 'Pass',
  fail: 'Fail',
  'not-proven': 'Not proven',
};

const howWords: Record<RevokedHow, string> = {
  'key-state': 'the key was disabled',
  destroy: 'the key was to be deleted',
  policy: 'its policy was changed',
  grant: 'a grant was taken',
  iam: 'the identity’s permission was taken',
  trust: 'trust in the identity was taken',
  alias: 'its alias was moved',
};

const at = ({ at: instant }: DrillReason): string =>
  instant === null ? '' : instantText(instant, 'second');

const others = ({ who, n }: DrillReason): string =>
  n > 1 ? `${who ?? 'one'} and ${nounText(n - 1, 'other')}` : (who ?? 'one');

const reasons: Record<DrillCode, (one: DrillReason) => string> = {
  kept: ({ n }) =>
    `telemetry tells of ${nounText(n, 'process', 'processes')} whole, and none used a data key after the promise had ended.`,
  'used-late': (one) =>
    `${one.who} used data keys in ${nounText(one.n, 'minute')} after the promise had ended, last in that of ${at(one)}.`,
  'no-telemetry': () =>
    'the log shows what was asked of the key, not what a process still holds in memory: that takes the service’s telemetry.',
  others: (one) => `${others(one)} used the key too, and no telemetry tells what they still hold.`,
  'telemetry-gap': (one) => `calls or counts of ${one.who} are missing from ${at(one)} on.`,
  'telemetry-ends': (one) =>
    `the telemetry of ${one.who} ends at ${at(one)}, before the promise does.`,
  'telemetry-untold': (one) => `the telemetry of ${one.who} does not say whether it is complete.`,
  'ttl-untold': () =>
    'nobody told the promised TTL: say it in the settings of the service, or send telemetry that tells it.',
  'too-close': (one) =>
    `${others(one)} used data keys in the very minute in which the promise ended, and counts are by the minute.`,
  'restored-first': (one) => `it was undone at ${at(one)}, before ${others(one)} had to be dark.`,
  'still-granted': (one) =>
    `the cloud still granted a request at ${at(one)} and is not seen to refuse any after it.`,
  'nothing-asked': () =>
    'no request of the service came after it, so nothing shows that the cloud refuses.',
  'not-refused': (one) => `${others(one)} was not seen to be refused: its identity may still ask.`,
  'decrypt-not-refused': () => 'only Encrypt was refused: what is stored may still be readable.',
  alias: () =>
    'under one alias lie data of the old key and of the new one, and counts do not tell them apart.',
  'nobody-used': () => 'nobody used the key in the day before it, so there was nothing to go dark.',
  maybe: () => 'nobody was refused after it: it may have taken nothing.',
  'log-starts-late': (one) =>
    one.at === null
      ? 'there is no log of who used the key before it.'
      : `the log begins at ${at(one)}, less than a TTL before it: who else held data keys is not known.`,
  'log-gap': (one) =>
    `the log lacks ${nounText(one.n, 'granted request')} that telemetry tells of, the first at ${at(one)}.`,
  'log-off': (one) => `at ${at(one)} the log itself was stopped, changed or deleted.`,
};

export const reasonText = (one: DrillReason): string => reasons[one.code](one);

/** What was promised, and where that is known from. */
export function promiseText({ promise: { ttlMs, from } }: DrillView): string {
  const source = {
    told: 'as was told of the service',
    telemetry: 'as its telemetry says',
    preset: 'as such services promise as a rule: nobody told',
  };
  return `Promised: dark within ${spanText(ttlMs)} after the cloud obeys, ${source[from]}.`;
}

/** When, how and by whom. */
export function revokedText({ revoked, also, restored }: Drill): string {
  const { at: instant, how, operation, by } = revoked;
  const first = `Revoked at ${instantText(instant, 'second')}: ${howWords[how]} (${operation} by ${by}).`;
  const more = also.map((one) => `${one.operation} at ${instantText(one.at, 'second')}`);
  const second =
    more.length === 0
      ? ''
      : ` In the same time also ${more.join(', ')}: which of them bit cannot be told apart, so time counts from the first.`;
  const undone =
    restored === null
      ? ' It was not undone.'
      : ` Undone at ${instantText(restored.at, 'second')} (${restored.operation} by ${restored.by}).`;
  return `${first}${second}${undone}`;
}

/** How long the cloud took, and how long caches did. */
export function darkText({ cloud, timeToDarkMs, cacheMs, darkBy, callers }: Drill): string {
  const { atLeastMs, atMostMs } = cloud;
  const obeyed =
    atMostMs === null
      ? `Nothing was refused after it${cloud.lastYesAt === null ? '' : `; the last request was granted ${afterText(atLeastMs)}`}.`
      : atLeastMs === 0
        ? `The cloud obeyed ${atMostMs === 0 ? 'at once' : `within ${spanText(atMostMs)}`}: its first refusal.`
        : `The cloud took ${spanText(atLeastMs)} at least to obey: until then it still granted requests.`;
  if (darkBy === null || timeToDarkMs === null || cacheMs === null) {
    const kept = callers.flatMap((one) => one.darkBy ?? []);
    const if_ =
      kept.length === 0
        ? ''
        : ` If the promise is kept, all were dark by ${instantText(Math.max(...kept), 'second')}.`;
    return `${obeyed}${if_}`;
  }
  const of = nounText(callers.filter(({ told }) => told).length, 'process', 'processes');
  const took = timeToDarkMs === 0 ? 'none' : spanText(timeToDarkMs);
  const cached = cacheMs === 0 ? 'none of it' : `of which ${spanText(cacheMs)}`;
  return `${obeyed} Time to dark: ${took}, ${cached} by cached data keys: by ${instantText(darkBy, 'second')} none of ${of} held one.`;
}

export const verdictText = ({ verdict, reasons: all }: Drill): string =>
  `${drillVerdicts[verdict]}: ${all.map(reasonText).join(' Also, ')}`;

/** What is there where no revocation is. */
export function stateText({ state, refused, log }: DrillView): string | null {
  if (state === 'drilled') return null;
  if (state === 'refused-untold' && refused !== null)
    return `The key is refused since ${instantText(refused.firstNoAt, 'second')} (last granted at ${instantText(refused.lastYesAt, 'second')}), and no event in the log says why: the permission may have been taken above the key, or in another account’s log.`;
  return log === null
    ? 'There is no audit log, so nothing tells when the key was revoked: import the log of the key’s account.'
    : `No event in the log revokes the key, between ${instantText(log.from)} and ${instantText(log.to)}.`;
}

/** Said of every drill of a log that lacks refusals. */
export const refusalsAbsentText =
  'Callers of another account use the key: their refusals are not in this log, so a session that falls silent may be refused or idle.';
