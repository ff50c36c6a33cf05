import type { Env } from '../env.ts';
import type { LogPlace } from '../shared/log-place.ts';

/** The logs that the environment asks for; of an account's CloudTrail one, the one that can most. */
export function placesOf(env: Env): LogPlace[] {
  const { KEYTIDE_CLOUDTRAIL_REGION: region, KEYTIDE_CLOUDTRAIL_BUCKET: bucket } = env;
  const { KEYTIDE_CLOUDTRAIL_LAKE: store, KEYTIDE_AUDIT_FOLDER: folder } = env;
  const { KEYTIDE_GOOGLE_PROJECT: project, KEYTIDE_AZURE_WORKSPACE: workspace } = env;
  const { KEYTIDE_AZURE_CONTAINER: container } = env;
  const places: LogPlace[] = [];
  if (region !== undefined)
    places.push(
      bucket !== undefined
        ? { kind: 's3', bucket, region }
        : store !== undefined
          ? { kind: 'lake', store, region }
          : { kind: 'cloudtrail', region },
    );
  if (folder !== undefined) places.push({ kind: 'folder', folder });
  if (project !== undefined) places.push({ kind: 'cloud-logging', project });
  if (workspace !== undefined) places.push({ kind: 'azure-monitor', workspace });
  if (container !== undefined) places.push({ kind: 'azure-blobs', container });
  return places;
}
