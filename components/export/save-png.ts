/**
 * A chart as a picture: its drawings, labels and marks where they stand, with the styles of the page written into them,
 * on the page's own background.
 */

const scale = 2;
const room = 16;

/** What a drawing takes from the page's style sheets and variables. */
const styles = [
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

/** Saves the drawing as `name`.png. @throws {Error} where the browser cannot draw it. */
export async function savePng(chart: Element, { name, title }: { name: string; title: string }) {
  const { width, height } = chart.getBoundingClientRect();
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standalone(chart))}`;
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

/** The picture's own text: what it refers to elsewhere on the page is in it. */
function standalone(chart: Element): string {
  const box = chart.getBoundingClientRect();
  const picture = shape('svg', { width: box.width, height: box.height });
  const isOuter = (part: Element) => part === chart || part.parentElement?.closest('svg') === null;
  for (const part of [chart, ...chart.querySelectorAll('svg, span')].filter(isOuter))
    picture.append(...partsOf(part, box));
  const serialised = new XMLSerializer().serializeToString(picture);
  const names = new Set([...serialised.matchAll(/url\((?:&quot;)?#([\w-]+)/g)].map(([, id]) => id));
  const defs = shape('defs', {});
  for (const id of names) {
    const shared = id === undefined ? null : document.getElementById(id);
    if (shared !== null && !chart.contains(shared)) defs.append(styled(shared));
  }
  picture.prepend(defs);
  return new XMLSerializer().serializeToString(picture);
}

function shape(name: string, attributes: Readonly<Record<string, number | string>>): Element {
  const made = document.createElementNS(svgName, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/** A drawing as it is; a label as text; a mark as a rectangle of its colour. */
function partsOf(part: Element, box: DOMRect): Element[] {
  const { left, top, width, height } = part.getBoundingClientRect();
  const place = { x: left - box.left, y: top - box.top, width, height };
  if (part instanceof SVGSVGElement) {
    const copy = styled(part);
    for (const [key, value] of Object.entries(place)) copy.setAttribute(key, String(value));
    return [copy];
  }
  if (!(part instanceof HTMLSpanElement)) return [];
  const seen = getComputedStyle(part);
  const text = part.textContent;
  if (text === '') return [shape('rect', { ...place, fill: seen.backgroundColor })];
  const font = `font:${seen.font};fill:${seen.color}`;
  const label = shape('text', { x: place.x, y: place.y + height * 0.85, style: font });
  label.textContent = text;
  return [label];
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
