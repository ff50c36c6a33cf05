import { hostileTexts } from './hostile-texts.ts';

const strange: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.5,
  2 ** 31,
  2 ** 53,
  1e308,
  '',
  ' ',
  '-1',
  '9007199254740993',
  '18446744073709551616',
  'NaN',
  [],
  {},
  [null],
  { constructor: null },
  ...hostileTexts.map(([, text]) => text),
];

/**
 * A copy of a JSON value in which one node, chosen at random, is replaced, removed, doubled or renamed. What comes out
 * is JSON again: a decoder takes it, and what is behind the decoder has to tell what is wrong with it.
 */
export function mutated(value: unknown, random: () => number): unknown {
  const copy: unknown = structuredClone(value);
  const places: { owner: Record<string, unknown> | unknown[]; key: string | number }[] = [];
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const [key, child] of node.entries()) {
        places.push({ owner: node, key });
        walk(child);
      }
    } else if (typeof node === 'object' && node !== null) {
      const owner = node as Record<string, unknown>;
      for (const [key, child] of Object.entries(owner)) {
        places.push({ owner, key });
        walk(child);
      }
    }
  };
  walk(copy);
  const place = places[Math.floor(random() * places.length)];
  if (place === undefined) return pick(strange, random);
  change(place.owner, place.key, random);
  return copy;
}

function change(
  owner: Record<string, unknown> | unknown[],
  key: string | number,
  random: () => number,
): void {
  const how = random();
  const found = Reflect.get(owner, key);
  if (how < 0.7) Reflect.set(owner, key, pick(strange, random));
  else if (how < 0.8) {
    if (Array.isArray(owner)) owner.splice(Number(key), 1);
    else Reflect.deleteProperty(owner, key);
  } else if (how < 0.9 && Array.isArray(owner)) owner.push(structuredClone(found));
  else if (typeof found === 'string') Reflect.set(owner, key, scrambled(found, random));
  else Reflect.set(owner, key, [found]);
}

function scrambled(text: string, random: () => number): string {
  const at = Math.floor(random() * (text.length + 1));
  const put = String.fromCharCode(Math.floor(random() * 0xffff));
  return random() < 0.5 ? text.slice(0, at) : text.slice(0, at) + put + text.slice(at + 1);
}

const pick = (from: readonly unknown[], random: () => number): unknown =>
  from[Math.floor(random() * from.length)];
