/** Sentences whose numbers lead to what they count. */
import type { SentenceLink } from './dto.ts';

export interface Said {
  text: string;
  links: SentenceLink[];
}

type Part = string | Said;

export const unlinked = (text: string): Said => ({ text, links: [] });

/** Words that begin with a number, and the page that lists what it counts. */
export const linked = (text: string, href: string): Said => ({ text, links: [{ at: 0, href }] });

/** A template whose parts keep their links. */
export function said(texts: TemplateStringsArray, ...parts: Part[]): Said {
  return joined(texts.flatMap((text, no): Part[] => [text, parts[no] ?? '']));
}

export function joined(parts: readonly Part[], between = ''): Said {
  const all = unlinked('');
  for (const [no, part] of parts.entries()) {
    if (no > 0) all.text += between;
    const { text, links } = typeof part === 'string' ? unlinked(part) : part;
    all.links.push(...links.map(({ at, href }) => ({ at: at + all.text.length, href })));
    all.text += text;
  }
  return all;
}
