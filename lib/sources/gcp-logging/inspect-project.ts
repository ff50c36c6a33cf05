/**
 * What a project's audit configuration, its sinks and its default bucket keep out of the log, as far as whoever reads
 * may ask. Each question is asked apart: who may not ask one may ask another.
 */
import { v2 } from '@google-cloud/logging-api';
import { GoogleAuth } from 'google-auth-library';
import { z } from 'zod';
import type { LogGap } from '../../shared/connection-view.ts';
import type { ReadSpan } from '../log-reader.ts';
import { retentionGap } from '../retention-gap.ts';
import { noGaxRetry } from './no-gax-retry.ts';
import type { ProjectAccess } from './project-access.ts';

const resourceManager = 'https://cloudresourcemanager.googleapis.com';
const service = 'cloudkms.googleapis.com';
const asksMsMax = 10_000;

export interface Inspector {
  inspect(span: ReadSpan, seen: { dataAccess: boolean }): Promise<LogGap[]>;
  close(): void;
}

/** @param options as of the reader; `adminUrl` is where the project's policy is asked for, Google's own by default */
export function projectInspector(options: ProjectAccess): Inspector {
  const { project, client: given = {}, adminUrl = resourceManager } = options;
  const config = new v2.ConfigServiceV2Client({ projectId: project, ...given });
  const auth = requesterOf(given);
  const ask = async (verb: string, body: object): Promise<unknown> => {
    const url = `${adminUrl}/v1/projects/${project}:${verb}`;
    const request = { url, method: 'POST', data: body, timeout: asksMsMax, retry: false } as const;
    return (await auth.request(request)).data;
  };
  return {
    inspect: async (span, { dataAccess }) => {
      const asked = [
        ask('testIamPermissions', { permissions: [readsPrivate] }).then((answer) =>
          privateGap(project, answer),
        ),
        ask('getIamPolicy', {}).then((policy) => auditGaps(project, policy, dataAccess)),
        config
          .listSinks({ parent: `projects/${project}` }, { autoPaginate: false, retry: noGaxRetry })
          .then(([sinks]) => sinks.flatMap((sink) => sinkGaps(project, sink))),
        config
          .getBucket(
            { name: `projects/${project}/locations/global/buckets/_Default` },
            { retry: noGaxRetry },
          )
          .then(([{ retentionDays }]) =>
            retentionGap(span, { days: retentionDays || null, fix: longer(project) }),
          ),
      ];
      const answers = await Promise.allSettled(asked);
      return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    },
    close: () => {
      config.close().catch(() => {});
    },
  };
}

/** What of Google's credentials sends a request with a token. */
interface Requester {
  request(options: {
    url: string;
    method: 'POST';
    data: object;
    timeout: number;
    retry: false;
  }): PromiseLike<{ data: unknown }>;
}

const scopes = 'https://www.googleapis.com/auth/cloud-platform.read-only';

const requesterOf = ({ authClient }: NonNullable<ProjectAccess['client']>): Requester =>
  authClient ?? new GoogleAuth({ scopes });

const readsPrivate = 'logging.privateLogEntries.list';
const granted = z.object({ permissions: z.array(z.string()).default([]) });

function privateGap(project: string, answer: unknown): LogGap[] {
  if (granted.parse(answer).permissions.includes(readsPrivate)) return [];
  const evidence = `Whoever reads lacks ${readsPrivate} in ${project}: entries of Encrypt and Decrypt are left out without a word.`;
  const fix = `gcloud projects add-iam-policy-binding ${project} --role=roles/logging.privateLogViewer --member=MEMBER`;
  return [{ code: 'not-private', evidence, fix }];
}

const policyShape = z.object({
  auditConfigs: z
    .array(
      z.object({
        service: z.string(),
        auditLogConfigs: z
          .array(
            z.object({ logType: z.string(), exemptedMembers: z.array(z.string()).default([]) }),
          )
          .default([]),
      }),
    )
    .default([]),
});

/** A folder or an organization above may switch it on too: what has come in proves that. */
function auditGaps(project: string, policy: unknown, dataAccess: boolean): LogGap[] {
  const reads = policyShape
    .parse(policy)
    .auditConfigs.filter((one) => one.service === service || one.service === 'allServices')
    .flatMap((one) => one.auditLogConfigs)
    .filter(({ logType }) => logType === 'DATA_READ');
  const exempted = reads.flatMap(({ exemptedMembers }) => exemptedMembers);
  const gaps: LogGap[] = [];
  if (reads.length === 0 && !dataAccess)
    gaps.push({
      code: 'data-access-off',
      evidence: `The audit configuration of ${project} has no DATA_READ for ${service}, and no such entry has come.`,
      fix: changePolicy(
        project,
        `.auditConfigs += [{"service":"${service}","auditLogConfigs":[{"logType":"DATA_READ"}]}]`,
      ),
    });
  if (exempted.length > 0)
    gaps.push({
      code: 'exempted',
      evidence: `The audit configuration of ${project} exempts ${exempted.join(', ')}: their use of a key leaves no entry.`,
      fix: changePolicy(project, 'del(.auditConfigs[].auditLogConfigs[].exemptedMembers)'),
    });
  return gaps;
}

const changePolicy = (project: string, change: string): string =>
  `gcloud projects get-iam-policy ${project} --format=json | jq '${change}' > policy.json && gcloud projects set-iam-policy ${project} policy.json`;

interface Sink {
  name?: string | null;
  disabled?: boolean | null;
  exclusions?: { name?: string | null; filter?: string | null; disabled?: boolean | null }[] | null;
}

/** Whether a filter is about Cloud KMS's entries only its text can tell. */
const aboutKms = /cloudkms|cloudaudit|data_access|audited_resource/i;

/** Of the sink that fills the bucket that is read. */
function sinkGaps(project: string, { name, disabled, exclusions }: Sink): LogGap[] {
  if (name !== '_Default') return [];
  const update = `gcloud logging sinks update _Default --project=${project}`;
  if (disabled)
    return [
      {
        code: 'excluded',
        evidence: `The sink _Default of ${project} is disabled: it keeps nothing.`,
        fix: `${update} --no-disabled`,
      },
    ];
  return (exclusions ?? []).flatMap((exclusion): LogGap[] => {
    const { name: of = '', filter = '' } = exclusion;
    if (exclusion.disabled || !aboutKms.test(filter ?? '')) return [];
    const evidence = `The exclusion ${of} of the sink _Default of ${project} leaves out what is ${filter}.`;
    return [{ code: 'excluded', evidence, fix: `${update} --remove-exclusions=${of}` }];
  });
}

const longer = (project: string): string =>
  `gcloud logging buckets update _Default --project=${project} --location=global --retention-days=365`;
