/**
 * A vault's log as a diagnostic setting exports it into a storage account: an append blob of JSON lines for each hour,
 * which grows while the hour lasts. Each is read on from the byte where its last whole line ended; where that is not
 * known any more, from its start, for what is there twice counts once.
 */
import {
  ContainerClient,
  type StoragePipelineOptions,
  type StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { readChunkedFile } from '../files/read-records.ts';
import {
  Asker,
  type LogPage,
  type LogReader,
  type Patience,
  type ReadFault,
  type ReadSpan,
} from '../log-reader.ts';
import { noAzureCredentials, settingFix } from './azure-fixes.ts';
import type { AzureCredential } from './default-credential.ts';
import { type SettingsAccess, settingGaps, toStorage } from './inspect-settings.ts';
import { azureReadFault } from './read-fault.ts';

export interface BlobOptions extends Patience, SettingsAccess {
  /** `https://ACCOUNT.blob.core.windows.net/insights-logs-auditevent`. */
  containerUrl: string;
  credential: AzureCredential | StorageSharedKeyCredential;
  client?: StoragePipelineOptions;
  /** Blobs to read at one go before giving up as behind. */
  blobsMax: number;
}

const newline = 0x0a;
/** Of one blob at one go: what is more is read next time. */
const bytesMax = 64 * 1024 * 1024;
const offsetsMax = 10_000;
/** An hour's blob that was not written to for so long is not written to any more. */
const restMs = 3_600_000;

export function azureBlobReader(options: BlobOptions): LogReader {
  const { containerUrl, credential, client } = options;
  const container = new ContainerClient(containerUrl, credential, {
    retryOptions: { maxTries: 1 },
    ...client,
  });
  const offsets = new Map<string, number>();
  return {
    kind: 'azure-blobs',
    name: 'The storage account',
    silence: [
      'The exported blobs have no use of a key: make a diagnostic setting of the vault (or Managed HSM)',
      'that sends the category AuditEvent to this storage account.',
    ].join(' '),
    read: (span) => readBlobs(container, options, offsets, span),
    inspect: async (_span, keys) =>
      settingGaps(options, toStorage(accountOf(containerUrl)), await keys()),
    fixes: {
      unauthorized: noAzureCredentials,
      forbidden: {
        code: 'no-permission',
        fix: `az role assignment create --role "Storage Blob Data Reader" --assignee IDENTITY --scope $(az storage account show --name ${accountOf(containerUrl)} --query id --output tsv)`,
      },
      'not-found': {
        code: 'no-setting',
        fix: settingFix(`--storage-account ${accountOf(containerUrl)}`),
      },
    },
    close: () => {},
  };
}

const accountOf = (containerUrl: string) => new URL(containerUrl).hostname.split('.')[0] ?? '';

async function* readBlobs(
  container: ContainerClient,
  options: BlobOptions,
  offsets: Map<string, number>,
  { fromMs, toMs }: ReadSpan,
): AsyncGenerator<LogPage> {
  const asker = new Asker(options, faultOf);
  const grown = await asker.ask((abortSignal) =>
    grownBlobs(container, offsets, { fromMs: fromMs - restMs, abortSignal }),
  );
  for (const { name, from, length, at } of grown.slice(0, options.blobsMax)) {
    const count = Math.min(length - from, bytesMax);
    const blob = container.getBlobClient(name);
    const bytes = await asker.ask((abortSignal) =>
      blob.downloadToBuffer(from, count, { abortSignal }),
    );
    // The end of what grows may be half a line; what has rested, or is no line at all, is as it stays.
    const isLast = toMs - at > restMs && from + count === length;
    const lines = isLast ? count : bytes.lastIndexOf(newline) + 1;
    const whole = bytes.subarray(0, lines === 0 && count === bytesMax ? count : lines);
    if (whole.length === 0) continue;
    const file = `${container.containerName}/${name}`;
    const parts = readChunkedFile(file, once(whole), 2 * bytesMax);
    for await (const { items, ignored, rejected } of parts)
      yield { records: items, ignored, rejected, behind: null };
    // The caller has stored the page by now. A crash before this line reads it again.
    offsets.delete(name);
    offsets.set(name, from + whole.length);
    const [oldest] = offsets.keys();
    if (offsets.size > offsetsMax && oldest !== undefined) offsets.delete(oldest);
  }
  const isCut = grown.length > options.blobsMax;
  if (isCut) yield { records: [], ignored: {}, rejected: [], behind };
}

const behind =
  'More blobs than can be read at one go: copy the container and read it with `keytide import`.';

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

interface Grown {
  name: string;
  from: number;
  length: number;
  /** Last written to, epoch ms. */
  at: number;
}

/** Blobs written since an instant that have more bytes than were read, oldest first. */
async function grownBlobs(
  container: ContainerClient,
  offsets: ReadonlyMap<string, number>,
  { fromMs, abortSignal }: { fromMs: number; abortSignal: AbortSignal },
): Promise<Grown[]> {
  const grown: Grown[] = [];
  for await (const { name, properties } of container.listBlobsFlat({ abortSignal })) {
    const from = offsets.get(name) ?? 0;
    const length = properties.contentLength ?? 0;
    const at = properties.lastModified.getTime();
    if (name.endsWith('.json') && at >= fromMs && length > from)
      grown.push({ name, from, length, at });
  }
  return grown.sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
}

const faultOf = (cause: unknown): ReadFault =>
  azureReadFault(cause, {
    throttled: 'The storage account keeps throttling or failing: stop other readers, or try later.',
    forbidden:
      'Reading the storage account was denied: grant Storage Blob Data Reader to the identity Keytide runs as, and let its network in.',
    notFound:
      'There is no such container: a diagnostic setting makes insights-logs-auditevent with its first row.',
    unavailable: 'The storage account cannot be reached: check network, proxy and credentials.',
  });
