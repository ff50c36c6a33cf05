import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { type LogPlace, logKinds, type PlaceField, placeFields } from '../../shared/log-place.ts';

const field = (name: PlaceField) => {
  const { pattern, fault } = placeFields[name];
  return z.string(fault).trim().regex(pattern, fault);
};

const region = field('region');
const shape = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('cloudtrail'), region }),
    z.strictObject({ kind: z.literal('s3'), bucket: field('bucket'), region }),
    z.strictObject({ kind: z.literal('lake'), store: field('store'), region }),
    z.strictObject({ kind: z.literal('cloud-logging'), project: field('project') }),
    z.strictObject({ kind: z.literal('azure-monitor'), workspace: field('workspace') }),
    z.strictObject({ kind: z.literal('azure-blobs'), container: field('container') }),
    z.strictObject({ kind: z.literal('folder'), folder: field('folder') }),
  ],
  { error: `is one of ${logKinds.join(', ')}` },
);

/** @throws {AppError} `bad-request` naming the field */
export function parsePlace(input: unknown): LogPlace {
  const parsed = shape.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const at = issue?.path.join('.') || 'kind';
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  throw new AppError(
    'bad-request',
    unknown === undefined
      ? `Source: ${at} ${issue?.message ?? 'is not understood'}.`
      : `Source: ${unknown} is not known.`,
  );
}

const bucketPattern = /^s3:\/\/([^/]+)\/(.*?)AWSLogs\/((?:o-[a-z0-9]+\/)?\d{12})\/?$/;

/** A trail's bucket, what stands before `AWSLogs/` in its keys, and whose events are read. */
export function bucketParts(text: string): { bucket: string; prefix: string; account: string } {
  const [, bucket = '', prefix = '', account = ''] = bucketPattern.exec(text) ?? [];
  return { bucket, prefix, account };
}

/** One place is one source, whoever asks for it. */
export function sourceIdOf(place: LogPlace): string {
  switch (place.kind) {
    case 'cloudtrail':
      return `cloudtrail:account:${place.region}`;
    case 's3': {
      const { bucket, account } = bucketParts(place.bucket);
      return `s3:${bucket}:${account}:${place.region}`;
    }
    case 'lake':
      return `lake:${place.store}:${place.region}`;
    case 'cloud-logging':
      return `cloud-logging:${place.project}`;
    case 'azure-monitor':
      return `azure-monitor:${place.workspace}`;
    case 'azure-blobs':
      return `azure-blobs:${place.container}`;
    case 'folder':
      return `folder:${place.folder}`;
  }
}
