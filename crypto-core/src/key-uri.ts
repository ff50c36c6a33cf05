/**
 * The names of keys in all clouds. A host registers a key URI for a workspace. Its `id` is the one spelling that
 * telemetry, denials and the cache use for the key, and is a key URI itself.
 */

/** The parts of a key URI. */
export type KeyUri = AwsKeyUri | GcpKeyUri | AzureKeyUri | LocalKeyUri;

export interface AwsKeyUri {
  provider: 'aws';
  /** The ARN. */
  id: string;
  partition: string;
  region: string;
  account: string;
  /** `key/…` or `alias/…`. */
  resource: string;
  /** Several Regions hold its key material, under one `mrk-…` id. */
  multiRegion: boolean;
}

export interface GcpKeyUri {
  provider: 'gcp';
  /** `gcp-kms:` and the name. */
  id: string;
  /** `projects/…/cryptoKeys/…`. */
  name: string;
  /** Encrypts under this version instead of the primary one. */
  version: string | undefined;
}

export interface AzureKeyUri {
  provider: 'azure';
  /** `azure-kv:` and the key's URL without a version, in lower case: Azure ignores case in all of it. */
  id: string;
  vaultUrl: string;
  /** A vault wraps with RSA-OAEP-256, a Managed HSM with A256KW. */
  kind: 'vault' | 'managed-hsm';
  name: string;
  /** Wraps under this version instead of the newest one. */
  version: string | undefined;
}

export interface LocalKeyUri {
  provider: 'local';
  id: string;
}

const awsScheme = 'aws-kms:';
const gcpScheme = 'gcp-kms:';
const azureScheme = 'azure-kv:';
const localScheme = 'local:';

/**
 * Reads `aws-kms:arn:…` (or the bare ARN), `gcp-kms:projects/…`, `azure-kv:https://…` or `local:…`.
 * @throws {TypeError} that says what is wrong
 * @example parseKeyUri('gcp-kms:projects/p/locations/eur4/keyRings/r/cryptoKeys/k').provider // gcp
 */
export function parseKeyUri(text: string): KeyUri {
  if (text.startsWith('arn:')) return parseArn(text);
  if (text.startsWith(awsScheme)) return parseArn(text.slice(awsScheme.length));
  if (text.startsWith(gcpScheme)) return parseGcp(text.slice(gcpScheme.length));
  if (text.startsWith(azureScheme)) return parseAzure(text.slice(azureScheme.length));
  if (text.startsWith(localScheme)) return parseLocal(text);
  throw fault('it must begin with aws-kms:, gcp-kms:, azure-kv:, local: or be the ARN of a key');
}

/** The id of a key URI. A text that is none of ours, as a host's own provider may use, is its own id. */
export function keyIdOf(text: string): string {
  return isOurs(text) && keyUriFault(text) === undefined ? parseKeyUri(text).id : text;
}

/** What is wrong with a text that begins like one of our key URIs; undefined if nothing is. */
export function keyUriFault(text: string): TypeError | undefined {
  if (!isOurs(text)) return undefined;
  try {
    parseKeyUri(text);
    return undefined;
  } catch (error) {
    if (error instanceof TypeError) return error;
    throw error;
  }
}

/** Whether the id of this key URI may differ from the key URI. */
export function hasScheme(text: string): boolean {
  return text.startsWith(awsScheme) || text.startsWith(gcpScheme) || text.startsWith(azureScheme);
}

const isOurs = (text: string) =>
  text.startsWith('arn:') || text.startsWith(localScheme) || hasScheme(text);

function parseArn(arn: string): AwsKeyUri {
  const [head, partition = '', service, region = '', account = '', ...rest] = arn.split(':');
  const resource = rest.join(':');
  if (head !== 'arn') throw fault('an AWS KMS key is named by its ARN, which begins with arn:');
  if (!/^aws(?:-[a-z]+)*$/.test(partition))
    throw fault('the partition of its ARN must be aws, aws-cn, aws-us-gov or the like');
  if (service !== 'kms') throw fault('the service of its ARN must be kms');
  if (!/^[a-z]{2,}(?:-[a-z0-9]+)+$/.test(region))
    throw fault('the Region of its ARN must be one such as eu-central-1');
  if (!/^\d{12}$/.test(account)) throw fault('the account of its ARN must be 12 digits');
  if (!/^(?:key\/[\w-]+|alias\/[\w/-]+)$/.test(resource))
    throw fault('its ARN must end in key/ and the id of a key, or in alias/ and a name');
  const multiRegion = resource.startsWith('key/mrk-');
  return { provider: 'aws', id: arn, partition, region, account, resource, multiRegion };
}

const gcpLevels = ['projects', 'locations', 'keyRings', 'cryptoKeys', 'cryptoKeyVersions'];

function parseGcp(name: string): GcpKeyUri {
  const parts = name.split('/');
  if (parts.length !== 8 && parts.length !== 10)
    throw fault(
      'a Cloud KMS key is named projects/P/locations/L/keyRings/R/cryptoKeys/K, with or without /cryptoKeyVersions/N',
    );
  for (const [level, word] of gcpLevels.slice(0, parts.length / 2).entries()) {
    if (parts[2 * level] !== word)
      throw fault(`part ${2 * level + 1} of a Cloud KMS key's name must be ${word}`);
    if (!/^[\w.:-]{1,63}$/.test(parts[2 * level + 1] ?? ''))
      throw fault(`after ${word}/ there must be 1 to 63 letters, digits or . : _ -`);
  }
  const version = parts[9];
  if (version !== undefined && !/^[1-9]\d*$/.test(version))
    throw fault('after cryptoKeyVersions/ there must be a number');
  const key = parts.slice(0, 8).join('/');
  return { provider: 'gcp', id: gcpScheme + key, name: key, version };
}

/** The domains of Key Vault and Managed HSM. No other host is ever sent a request. */
const azureHost = /^[a-z0-9-]+\.(vault|managedhsm)\.(?:azure\.net|azure\.cn|usgovcloudapi\.net)$/;

function parseAzure(text: string): AzureKeyUri {
  const url = URL.parse(text);
  // A URL parser would ignore or correct these: refuse them, so that a key has few spellings.
  const plain =
    /^https:\/\/[^/?#@]+\//i.test(text) && !/[^\x21-\x7e]|[\\%]|\/\.+(?:\/|$)/.test(text);
  if (url?.protocol !== 'https:' || !plain)
    throw fault('a key of Azure is named by its URL, https://VAULT.vault.azure.net/keys/NAME');
  if (url.port !== '' || url.search !== '' || url.hash !== '')
    throw fault('the URL of a key of Azure has no port, query or fragment');
  const [, domain] = azureHost.exec(url.hostname) ?? [];
  if (domain === undefined)
    throw fault('its host must be one of Key Vault (vault.azure.net) or Managed HSM');
  const [, keys, name = '', version, ...rest] = url.pathname.split('/');
  if (keys?.toLowerCase() !== 'keys') throw fault('its path must begin with /keys/');
  if (!/^[\da-z-]{1,127}$/i.test(name))
    throw fault('after /keys/ there must be a name of 1 to 127 letters, digits or -');
  const last = version === '' ? undefined : version;
  if (rest.length > 0 || (last !== undefined && !/^[\da-f]{32}$/i.test(last)))
    throw fault('after the name there may be a version of 32 hex digits, and nothing more');
  const kind = domain === 'managedhsm' ? 'managed-hsm' : 'vault';
  const vaultUrl = url.origin;
  const id = `${azureScheme}${vaultUrl}/keys/${name.toLowerCase()}`;
  return { provider: 'azure', id, vaultUrl, kind, name, version: last?.toLowerCase() };
}

function parseLocal(text: string): LocalKeyUri {
  if (text.length === localScheme.length) throw fault('after local: there must be a name');
  return { provider: 'local', id: text };
}

const fault = (what: string) => new TypeError(`the key URI is not valid: ${what}`);
