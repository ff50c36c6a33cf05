import type { AccessCondition, AccessView, ValidatedKey } from '../../shared/access-view.ts';
import type { GapCode } from '../../shared/connection-view.ts';
import type { LogPlace } from '../../shared/log-place.ts';
import { readAuditSources } from '../../store/entities/audit-sources.ts';
import { keyUseOf } from '../answers/key-use.ts';
import { oneSnapshot } from '../answers/one-snapshot.ts';
import type { ViewContext } from '../context.ts';
import { cloudKeyOf } from './key-door.ts';
import { type KeyContext, validateKey } from './validate-key.ts';

/**
 * The conditions of access to a key, what its identity may do besides, who else uses it and whether its log is on.
 * @throws {AppError}
 */
export async function checkAccess({
  ctx,
  input,
}: {
  ctx: KeyContext;
  input: { key: string };
}): Promise<AccessView> {
  const validated = await validateKey({ ctx, input });
  const { permissions } = await ctx.engines.get(validated.key);
  const known = await oneSnapshot(ctx, (view) => knownOf(view, validated.key));
  const isAnswered = validated.missing !== 'service' && validated.missing !== 'credentials';
  return {
    validated,
    conditions: conditionsOf(validated),
    permissions: isAnswered ? await permissions.ask() : null,
    ...known,
  };
}

type Met = AccessCondition['met'];

/** What an answer tells of identity, policy and assignment, in this order. */
const metBy: Record<NonNullable<ValidatedKey['missing']> | 'none', readonly [Met, Met, Met]> = {
  none: ['yes', 'yes', 'yes'],
  // Whoever may not use a key is not told its state.
  key: ['yes', 'yes', 'yes'],
  identity: ['no', 'untold', 'untold'],
  credentials: ['no', 'untold', 'untold'],
  policy: ['yes', 'no', 'untold'],
  assignment: ['yes', 'untold', 'no'],
  permission: ['yes', 'untold', 'untold'],
  network: ['yes', 'untold', 'untold'],
  service: ['untold', 'untold', 'untold'],
};

function conditionsOf({ missing, reason }: ValidatedKey): AccessCondition[] {
  // "Not found" may mean that the key may not be seen.
  const isUnseen = missing === 'key' && /not_?found/i.test(reason ?? '');
  const [identity, policy, assignment] = metBy[isUnseen ? 'permission' : (missing ?? 'none')];
  return [
    { condition: 'identity', met: identity },
    { condition: 'policy', met: policy },
    { condition: 'assignment', met: assignment },
  ];
}

/** What takes uses of a key out of its log. */
const offCodes: ReadonlySet<GapCode> = new Set<GapCode>([
  'data-access-off',
  'exempted',
  'excluded',
  'kms-excluded',
  'not-logging',
  'no-setting',
]);

async function knownOf(
  view: ViewContext,
  key: string,
): Promise<Pick<AccessView, 'others' | 'log'>> {
  const { users } = await keyUseOf(view, key);
  const rows = await readAuditSources(view.db);
  const gaps = rows
    .filter(({ place, status }) => place !== null && status !== 'stopped' && covers(place, key))
    .flatMap((row) => row.gaps);
  const lastUseAt = users.reduce<number | null>(
    (last, user) => Math.max(last ?? user.lastAt, user.lastAt),
    null,
  );
  const isOff = gaps.some(({ code }) => offCodes.has(code));
  return {
    others: users.flatMap(({ verdict, name, lastAt }) =>
      verdict === 'ours' ? [] : [{ name, lastAt }],
    ),
    log: { state: isOff ? 'off' : lastUseAt === null ? 'none' : 'on', lastUseAt, gaps },
  };
}

/** Whether a place's log is the one of the key's Region, project or cloud. */
function covers(place: LogPlace, text: string): boolean {
  const key = cloudKeyOf(text);
  switch (key.provider) {
    case 'aws':
      return 'region' in place && place.region === key.region;
    case 'gcp':
      return 'project' in place && place.project === key.name.split('/')[1];
    case 'azure':
      return place.kind === 'azure-monitor' || place.kind === 'azure-blobs';
  }
}
