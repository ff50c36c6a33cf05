/** A chart as a picture: its drawing with the styles of the page written into it, on the page's own background. */

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
];

/** Saves the drawing as `name`.png. @throws {Error} where the browser cannot draw it. */
export async function savePng(
  drawing: SVGSVGElement,
  { name, title }: { name: string; title: string },
) {
  const { width, height } = drawing.getBoundingClientRect();
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standalone(drawing))}`;
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

/** The drawing's own text: what it refers to elsewhere on the page is in it. */
function standalone(drawing: SVGSVGElement): string {
  const copy = styled(drawing);
  const { width, height } = drawing.getBoundingClientRect();
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  const defs = document.createElementNS('http://www.w3.org/2000/svg', 'defs');
  const serialised = new XMLSerializer().serializeToString(copy);
  const names = new Set([...serialised.matchAll(/url\((?:&quot;)?#([\w-]+)/g)].map(([, id]) => id));
  for (const id of names) {
    const shared = id === undefined ? null : document.getElementById(id);
    if (shared !== null && !drawing.contains(shared)) defs.append(styled(shared));
  }
  copy.prepend(defs);
  return new XMLSerializer().serializeToString(copy);
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
