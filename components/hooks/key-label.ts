/**
 * A key as a list may show it: the end that tells it from others of its account. Keys of other forms stay whole.
 */
export function keyLabel(key: string): string {
  const [, region, account, name] =
    /^arn:aws[a-z-]*:kms:([^:]*):([^:]*):(?:key\/)?(.+)$/.exec(key) ?? [];
  return name === undefined ? key : `${name} (${account}, ${region})`;
}
