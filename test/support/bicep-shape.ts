/**
 * A strict reader of the part of Bicep that snippets use: `param`, `resource … = { … }` and decorators, whose values
 * are strings, numbers, names, calls, objects and arrays. No kept parser of Bicep runs in Node. @throws {SyntaxError}
 */
// Long: one grammar, whose rules share the place that is read.
export function readBicep(text: string): { params: string[]; resources: string[] } {
  const tokens = tokensOf(text);
  let at = 0;
  const fault = (wanted: string) =>
    new SyntaxError(`${wanted} expected, not ${JSON.stringify(tokens[at] ?? 'the end')}`);
  const take = (pattern: RegExp, wanted: string): string => {
    const token = tokens[at];
    if (token === undefined || !pattern.test(token)) throw fault(wanted);
    at += 1;
    return token;
  };
  const skipLines = () => {
    while (tokens[at] === '\n') at += 1;
  };
  const line = () => {
    if (at < tokens.length) take(/^\n$/, 'a new line');
    skipLines();
  };
  const list = (end: RegExp, entry: () => void, separate: () => void) => {
    while (!end.test(tokens[at] ?? '')) {
      entry();
      if (!end.test(tokens[at] ?? '')) separate();
    }
    take(end, 'an end');
  };
  const value = (): void => {
    const token = take(/^(?:[\w']|\{|\[)/, 'a value');
    if (token === '{' || token === '[') {
      line();
      const entry = () => {
        if (token === '{') {
          take(/^[A-Za-z_]\w*$/, 'a property');
          take(/^:$/, 'a colon');
        }
        value();
        line();
      };
      list(token === '{' ? /^\}$/ : /^\]$/, entry, () => undefined);
      return;
    }
    if (!/^[A-Za-z_]/.test(token)) return;
    while (tokens[at] === '.') {
      at += 1;
      take(/^[A-Za-z_]\w*$/, 'a property');
    }
    if (tokens[at] !== '(') return;
    at += 1;
    list(/^\)$/, value, () => take(/^,$/, 'a comma'));
  };
  const [params, resources]: [string[], string[]] = [[], []];
  const names = new Set<string>();
  for (skipLines(); at < tokens.length; line()) {
    if (tokens[at] === '@') {
      at += 1;
      value();
      continue;
    }
    const word = take(/^(?:param|resource)$/, 'a declaration');
    const name = take(/^[A-Za-z_]\w*$/, 'a name');
    if (names.has(name)) throw new SyntaxError(`${name} is declared twice`);
    names.add(name);
    if (word === 'param') {
      params.push(`${name} ${take(/^(?:string|int|bool)$/, 'a type')}`);
      continue;
    }
    resources.push(take(/^'[\w./]+@\d{4}-\d\d-\d\d(?:-preview)?'$/, 'a type and version'));
    if (tokens[at] === 'existing') at += 1;
    take(/^=$/, 'an equals sign');
    value();
  }
  return { params, resources };
}

/** Strings are whole tokens, escapes and all; what is none of these is refused. */
function tokensOf(text: string): string[] {
  const token =
    /[ \t]+|\n|'(?:[^'\\\n$]|\\['\\nrt$]|\$(?!\{))*'|\d+\b|[A-Za-z_]\w*|[@=:,.(){}[\]]/y;
  const tokens: string[] = [];
  for (let at = 0; at < text.length; at = token.lastIndex) {
    token.lastIndex = at;
    const found = token.exec(text)?.[0];
    if (found === undefined) throw new SyntaxError(`not understood: ${text.slice(at, at + 20)}`);
    if (!/^[ \t]+$/.test(found)) tokens.push(found);
  }
  return tokens;
}
