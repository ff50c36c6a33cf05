/**
 * A chart as a picture: its drawings, words and marks where they stand, with those of the legend or table that names
 * its parts, the styles of the page written into them, on the page's own background.
 */

const scale = 2;
const room = 16;

/** What a drawing takes from the page's style sheets and variables. */
const styles = [
  'width',
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-opacity',
  'opacity',
  'font-size',
  'font-family',
  'font-weight',
  'text-anchor',
  'display',
  'visibility',
  'vector-effect',
];

const svgName = 'http://www.w3.org/2000/svg';

/** Saves what is drawn in these as `name`.png. @throws {Error} where the browser cannot draw it. */
export async function savePng(
  shown: readonly Element[],
  { name, title }: { name: string; title: string },
) {
  const parts = shown.flatMap((root) => [root, ...root.querySelectorAll('svg, span')]);
  const words = shown.flatMap(wordsOf);
  const { width, height, ...corner } = aroundAll([...parts.map(boxOf), ...words.map(boxOf)]);
  const picture = shape('svg', { width, height });
  picture.append(
    ...parts.filter((part) => isOuter(part, shown)).flatMap((part) => markOf(part, corner)),
    ...words.map((word) => textOf(word, corner)),
  );
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standalone(picture))}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  const head = 28;
  canvas.width = (width + 2 * room) * scale;
  canvas.height = (height + 2 * room + head) * scale;
  const on = canvas.getContext('2d');
  if (on === null) throw new Error('This browser draws no pictures.');
  const page = getComputedStyle(document.body);
  on.scale(scale, scale);
  on.fillStyle = page.backgroundColor;
  on.fillRect(0, 0, canvas.width, canvas.height);
  on.fillStyle = page.color;
  on.font = `600 14px ${page.fontFamily}`;
  on.fillText(title, room, room + 12, width);
  on.drawImage(image, room, room + head, width, height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob === null) throw new Error('This browser saves no pictures.');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `${name}.png`;
  link.click();
  URL.revokeObjectURL(link.href);
}

const boxOf = (part: Element | Range): DOMRect => part.getBoundingClientRect();

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The box around all of them. */
function aroundAll(boxes: readonly DOMRect[]): Box {
  // What only a screen reader has is a pixel large.
  const seen = boxes.filter(({ width, height }) => width > 1 && height > 1);
  const left = Math.min(...seen.map((box) => box.left));
  const top = Math.min(...seen.map((box) => box.top));
  return {
    ...{ left, top },
    width: Math.max(...seen.map(({ right }) => right)) - left,
    height: Math.max(...seen.map(({ bottom }) => bottom)) - top,
  };
}

/** A drawing within a drawing comes with it. */
const isOuter = (part: Element, shown: readonly Element[]): boolean =>
  shown.includes(part) || part.parentElement?.closest('svg') === null;

/** Each word that is seen, but those of drawings: a label may be broken into lines. */
function wordsOf(root: Element): Range[] {
  const found: Range[] = [];
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
    if (text.parentElement?.closest('svg, .visually-hidden')) continue;
    for (const { index, 0: word } of (text.nodeValue ?? '').matchAll(/\S+/g)) {
      const range = document.createRange();
      range.setStart(text, index);
      range.setEnd(text, index + word.length);
      found.push(range);
    }
  }
  return found;
}

/** The picture's own text: what it refers to elsewhere on the page is in it. */
function standalone(picture: Element): string {
  const serialised = new XMLSerializer().serializeToString(picture);
  const names = new Set([...serialised.matchAll(/url\((?:&quot;)?#([\w-]+)/g)].map(([, id]) => id));
  const defs = shape('defs', {});
  for (const id of names) {
    const shared = id === undefined ? null : document.getElementById(id);
    if (shared !== null) defs.append(styled(shared));
  }
  picture.prepend(defs);
  return new XMLSerializer().serializeToString(picture);
}

function shape(name: string, attributes: Readonly<Record<string, number | string>>): Element {
  const made = document.createElementNS(svgName, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/** A drawing as it is; a mark without words as a rectangle of its colour. */
function markOf(part: Element, corner: Pick<Box, 'left' | 'top'>): Element[] {
  const { left, top, width, height } = boxOf(part);
  const place = { x: left - corner.left, y: top - corner.top, width, height };
  if (part instanceof SVGSVGElement) {
    const copy = styled(part);
    for (const [key, value] of Object.entries(place)) copy.setAttribute(key, String(value));
    return [copy];
  }
  if (part.childNodes.length > 0) return [];
  return [shape('rect', { ...place, fill: getComputedStyle(part).backgroundColor })];
}

function textOf(word: Range, corner: Pick<Box, 'left' | 'top'>): Element {
  const { left, top, width, height } = boxOf(word);
  const of = word.startContainer.parentElement ?? document.body;
  const { font, color } = getComputedStyle(of);
  const place = { x: left - corner.left, y: top - corner.top + height * 0.8 };
  // A picture’s letters may be a little wider than the page’s.
  const length = { textLength: width, lengthAdjust: 'spacingAndGlyphs' };
  const text = shape('text', { ...place, ...length, style: `font:${font};fill:${color}` });
  text.textContent = word.toString();
  return text;
}

function styled<T extends Element>(element: T): T {
  // A clone is of the same kind as what it is a clone of.
  const copy = element.cloneNode(true) as T;
  const [from, to] = [element, copy].map((root) => [root, ...root.querySelectorAll('*')]);
  for (const [index, one] of (from ?? []).entries()) {
    const seen = getComputedStyle(one);
    const text = styles.map((name) => `${name}:${seen.getPropertyValue(name)}`).join(';');
    to?.[index]?.setAttribute('style', text);
  }
  return copy;
}
