/**
 * A structure as Athena and Trino print it in CSV: `{type=AssumedRole, sessioncontext={…}}` and
 * `[{arn=…}, {…}]`. It has no quotes, so a value with a comma and an equals sign in it is read as two.
 * A member may be JSON, as CloudTrail Lake has parameters of parameters. Null where the text is none.
 */
export function parseStruct(text: string): unknown {
  const reader = { text, at: 0, depth: 0 };
  const value = readValue(reader, '');
  return value === undefined || reader.at !== text.length ? null : value;
}

interface Reader {
  readonly text: string;
  at: number;
  depth: number;
}

const depthMax = 16;

function readValue(reader: Reader, closers: string): unknown {
  const first = reader.text[reader.at];
  if (reader.text.startsWith('{"', reader.at)) return readJson(reader);
  if (first === '{' || first === '[') {
    if (reader.depth >= depthMax) return undefined;
    reader.depth++;
    const value = first === '{' ? readStruct(reader) : readArray(reader);
    reader.depth--;
    return value;
  }
  return readText(reader, closers);
}

function readJson(reader: Reader): unknown {
  const from = reader.at;
  reader.at = jsonEnd(reader.text, from);
  try {
    return JSON.parse(reader.text.slice(from, reader.at));
  } catch {
    return undefined;
  }
}

/** Past the brace that closes the one at `from`. */
function jsonEnd(text: string, from: number): number {
  let [depth, isQuoted] = [0, false];
  for (let at = from; at < text.length; at++) {
    const one = text[at];
    if (one === '"') isQuoted = !isQuoted;
    else if (isQuoted && one === '\\') at++;
    else if (!isQuoted && one === '{') depth++;
    else if (!isQuoted && one === '}' && --depth === 0) return at + 1;
  }
  return text.length;
}

function readStruct(reader: Reader): unknown {
  const members: [string, unknown][] = [];
  reader.at++;
  while (reader.text[reader.at] !== '}') {
    const name = /^([\w:./-]{1,128})=/.exec(reader.text.slice(reader.at, reader.at + 130));
    if (name?.[1] === undefined) return undefined;
    reader.at += name[0].length;
    const value = readValue(reader, '}');
    if (value === undefined) return undefined;
    members.push([name[1], value]);
    if (!skipSeparator(reader, '}')) return undefined;
  }
  reader.at++;
  return Object.fromEntries(members);
}

function readArray(reader: Reader): unknown {
  const members: unknown[] = [];
  reader.at++;
  while (reader.text[reader.at] !== ']') {
    const value = readValue(reader, ']');
    if (value === undefined) return undefined;
    members.push(value);
    if (!skipSeparator(reader, ']')) return undefined;
  }
  reader.at++;
  return members;
}

function skipSeparator(reader: Reader, closer: string): boolean {
  const { text, at } = reader;
  if (text[at] === closer) return true;
  if (!text.startsWith(', ', at)) return false;
  reader.at += 2;
  return true;
}

/** Up to the bracket that closes, or the comma that a next member follows. */
function readText(reader: Reader, closers: string): unknown {
  const from = reader.at;
  const { text } = reader;
  while (reader.at < text.length && !closers.includes(text[reader.at] ?? '')) {
    const next =
      closers === ']' || /^, [\w:./-]{1,128}=/.test(text.slice(reader.at, reader.at + 132));
    if (text.startsWith(', ', reader.at) && next) break;
    reader.at++;
  }
  const given = text.slice(from, reader.at);
  return given === 'null' ? null : given;
}
