import { AzureFault, badParameter } from './azure-fault.ts';
import type { AzureKeyRequest, AzureOperation } from './cloud.ts';
import type { KeyVaultJson } from './key-messages.ts';

const posts = new Map<string, AzureOperation>([
  ['create', 'KeyCreate'],
  ['rotate', 'KeyRotate'],
  ['wrapkey', 'KeyWrap'],
  ['unwrapkey', 'KeyUnwrap'],
  ['encrypt', 'KeyEncrypt'],
]);

const deletedKeys = new Map<string, AzureOperation>([
  ['GET', 'KeyGetDeleted'],
  ['DELETE', 'KeyPurge'],
  ['POST', 'KeyRecover'],
]);

/**
 * What a request is for. A key without a version leaves its place empty: `/keys/NAME//wrapkey`.
 * @throws {AzureFault} where it is for nothing
 */
export function keyRequestOf({
  verb,
  path,
  body,
}: {
  verb: string;
  path: string;
  body: string;
}): AzureKeyRequest {
  const [, collection = '', key = '', ...rest] = path.split('/');
  const request = (operation: AzureOperation, version = ''): AzureKeyRequest => ({
    operation,
    key,
    version,
    body: bodyOf(body),
  });
  if (collection.toLowerCase() === 'deletedkeys') {
    const operation = deletedKeys.get(verb);
    if (operation !== undefined) return request(operation);
  }
  if (collection.toLowerCase() === 'keys' && key !== '') {
    const last = rest.at(-1)?.toLowerCase() ?? '';
    const posted = verb === 'POST' ? posts.get(last) : undefined;
    if (posted !== undefined) return request(posted, rest.length > 1 ? rest[0] : '');
    if (verb === 'GET' && last === 'versions') return request('KeyListVersions');
    if (verb === 'GET') return request('KeyGet', rest[0]);
    if (verb === 'PATCH') return request('KeyUpdate', rest[0]);
    if (verb === 'DELETE') return request('KeyDelete');
  }
  throw new AzureFault(404, { code: 'NotFound', message: 'The requested resource was not found.' });
}

function bodyOf(text: string): KeyVaultJson {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {}
  throw badParameter('The request body is not a JSON object.');
}
