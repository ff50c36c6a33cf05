/** A page of an object store’s listing, as S3 and Azure’s blobs make it: by name, with folders in place of files. */

interface Listing<T> {
  items: Iterable<T>;
  nameOf: (item: T) => string;
  /** In XML. */
  itemXml: (item: T) => string;
  folderXml: (escapedName: string) => string;
  prefix: string;
  /** What parts folders; empty where files are listed flat. */
  delimiter: string;
  /** The name that the last page ended with. */
  after: string;
  limit: number;
}

/** Its entries in XML; `next` continues it, and is empty where nothing follows. */
export function listedPage<T>(listing: Listing<T>): { entries: string[]; next: string } {
  const { items, nameOf, itemXml, folderXml, prefix, delimiter, after, limit } = listing;
  const listed = new Map<string, string>();
  for (const item of items) {
    const name = nameOf(item);
    if (!name.startsWith(prefix)) continue;
    const end = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
    const folder = name.slice(0, end + delimiter.length);
    if (end < 0) listed.set(name, itemXml(item));
    else listed.set(folder, folderXml(escapedXml(folder)));
  }
  const rest = [...listed].filter(([name]) => name > after);
  const page = rest.slice(0, limit);
  const last = rest.length > page.length ? (page.at(-1)?.[0] ?? '') : '';
  return {
    entries: page.map(([, xml]) => xml),
    next: Buffer.from(last).toString('base64url'),
  };
}

const entities = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
]);

export const escapedXml = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => entities.get(sign) ?? sign);
