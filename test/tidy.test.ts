/** The rules of the code's layout that a machine can check: who imports whom, sizes, dead files, paths in documents. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 2 ** 26,
});
const files = listed.split('\0').filter((file) => file !== '' && existsSync(path.join(root, file)));
const texts = new Map<string, string>();

function textOf(file: string): string {
  const text = texts.get(file) ?? readFileSync(path.join(root, file), 'utf8');
  texts.set(file, text);
  return text;
}

const isCode = (file: string) => /\.(?:ts|tsx|js|mjs)$/.test(file);
const isShipped = (file: string) => /^(?:lib|app|components|crypto-core\/src)\//.test(file);
const code = files.filter(isCode);
const shipped = files.filter((file) => isShipped(file) && (isCode(file) || file.endsWith('.css')));

interface Import {
  from: string;
  /** A file of this repository, or a package's specifier. */
  to: string;
  own: boolean;
  typeOnly: boolean;
}

const importPatterns = [
  /^import\s+(type\s+)?[\w*{}\s,$]+?\s+from\s*'([^']+)'/gm,
  /^export\s+(type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s*'([^']+)'/gm,
  /^()import\s*'([^']+)'/gm,
  /\b(typeof\s+)?import\(\s*'([^']+)'\s*\)/g,
  /()\bnew URL\(\s*'(\.[^']+\.(?:ts|tsx|js|mjs))',\s*import\.meta\.url/g,
  /^()@import\s+['"]([^'"]+)['"]/gm,
];
const packageEntries: Record<string, string> = JSON.parse(
  textOf('crypto-core/package.json'),
).exports;

function target(from: string, specifier: string): { to: string; own: boolean } {
  if (specifier.startsWith('.')) {
    return { to: path.posix.join(path.posix.dirname(from), specifier), own: true };
  }
  const entry = packageEntries[specifier.replace('@keytide/crypto-core', '.')];
  if (specifier.startsWith('@keytide/crypto-core') && entry !== undefined) {
    return { to: path.posix.join('crypto-core', entry), own: true };
  }
  return { to: specifier, own: false };
}

function importsOf(file: string): Import[] {
  const text = textOf(file).replace(/^\s*(?:\*|\/\/|\/\*).*$/gm, '');
  return importPatterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([, type, specifier = '']) => {
      return { from: file, ...target(file, specifier), typeOnly: Boolean(type) };
    }),
  );
}

const imports = [...code, ...files.filter((file) => file.endsWith('.css'))].flatMap(importsOf);
const arrow = ({ from, to }: Import) => `${from} -> ${to}`;

/** The part of the layout a file belongs to. */
function areaOf(file: string): string {
  const [top = '', second = ''] = file.split('/');
  if (top === 'lib') return file === 'lib/env.ts' ? 'env' : second;
  if (top === 'crypto-core') return second === 'src' ? 'crypto-core' : `crypto-core/${second}`;
  return file.includes('/') ? top : 'root';
}

const pure = ['correlate', 'explain', 'forecast', 'whatif'];
const mayImport: Record<string, readonly string[]> = {
  'crypto-core': [],
  shared: [],
  domain: ['shared'],
  env: [],
  ...Object.fromEntries(pure.map((area) => [area, ['shared', 'domain']])),
  sources: ['domain', 'shared'],
  ingest: ['sources', 'store', 'domain', 'shared'],
  store: ['domain', 'shared'],
  services: ['shared', 'domain', 'sources', 'ingest', ...pure, 'store', 'crypto-core'],
  components: ['shared'],
  app: ['services', 'http', 'components', 'shared'],
  sandbox: ['crypto-core', 'domain', 'shared'],
  http: ['domain', 'shared', 'services'],
  // Words of the domain (errors, options' units) are everyone's.
  cli: ['services', 'sandbox', 'env', 'domain', 'shared'],
  'crypto-core/test': ['crypto-core'],
  'crypto-core/bench': ['crypto-core'],
  'crypto-core/examples': ['crypto-core'],
};

/** Packages that one part of the layout keeps to itself; tests may use any. */
const owners: [packages: RegExp, owner: RegExp][] = [
  [/^(?:@prisma\/|pg$|@electric-sql\/)/, /^lib\/store\//],
  [/^@aws-sdk\/client-(?:cloudtrail|s3)$/, /^lib\/sources\/cloudtrail\//],
  [/^@google-cloud\/logging(?:-api)?$/, /^lib\/sources\/gcp-logging\//],
  [/^@azure\/(?:monitor|storage)/, /^lib\/sources\/azure-monitor\//],
  [/^@aws-sdk\/client-kms$/, /^crypto-core\/src\/providers\/aws\.ts$/],
  [/^@google-cloud\/kms$/, /^crypto-core\/src\/providers\/gcp\.ts$/],
  [/^@azure\/keyvault/, /^crypto-core\/src\/providers\/azure\.ts$/],
  [/^prom-client$/, /^(?:crypto-core\/src\/telemetry|lib\/services)\//],
  [/^recharts$/, /^components\/charts\//],
  [/^@tanstack\//, /^components\//],
  [/^(?:react|react-dom)(?:\/|$)/, /^(?:components|app)\//],
  [
    /^next(?:\/|$)/,
    /^(?:components|app|lib\/http)\/|^lib\/cli\/web-process\.ts$|^next\.config\.js$/,
  ],
  [/^commander$/, /^lib\/cli\//],
];
const isTest = (file: string) => /^(?:test|crypto-core\/test|crypto-core\/bench)\//.test(file);

describe('imports', () => {
  test('follow the table of the layout', () => {
    const wrong = imports.filter(({ from, to, own, typeOnly }) => {
      const [source, area] = [areaOf(from), areaOf(to)];
      if (!own || source === area || source === 'test' || source === 'root') return false;
      if (source === 'store' && area === 'crypto-core' && typeOnly) return false;
      // What every route opens first is the dashboard's entry point.
      if (from === 'lib/services/server-context.ts' && area === 'env') return false;
      // How much a test does is asked in one place.
      if (source === 'crypto-core/test' && to === 'test/support/sized.ts') return false;
      return !(mayImport[source] ?? []).includes(area);
    });
    expect(wrong.map(arrow)).toEqual([]);
  });

  test('reach crypto-core from outside through its package entries only', () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        to.startsWith('crypto-core/src') &&
        !/^(?:crypto-core|test)\//.test(from) &&
        !Object.values(packageEntries).includes(`./${to.replace('crypto-core/', '')}`),
    );
    expect(wrong.map(arrow)).toEqual([]);
  });

  test('are of files that exist', () => {
    const wrong = imports.filter(
      ({ to, own }) =>
        own && !to.startsWith('lib/store/generated/') && !existsSync(path.join(root, to)),
    );
    expect(wrong.map(arrow)).toEqual([]);
  });

  test('take nothing from test/ outside of tests', () => {
    const wrong = imports.filter(
      ({ from, to, own }) => own && isTest(to) && !isTest(from) && from !== 'vitest.config.ts',
    );
    expect(wrong.map(arrow)).toEqual([]);
  });

  test('leave each package to the part that owns it', () => {
    const wrong = imports.filter(({ from, to, own }) => {
      if (own || isTest(from)) return false;
      const owner = owners.find(([packages]) => packages.test(to))?.[1];
      return owner !== undefined && !owner.test(from);
    });
    expect(wrong.map(arrow)).toEqual([]);
  });

  test('of crypto-core are node builtins, OpenTelemetry’s API and its own peers', () => {
    const allowed =
      /^(?:node:|@opentelemetry\/api$|prom-client$|@aws-sdk\/client-kms$|@google-cloud\/kms$|@azure\/)/;
    const types = /^@aws-sdk\/types$/;
    const wrong = imports.filter(
      ({ from, to, own }) =>
        areaOf(from) === 'crypto-core' &&
        !own &&
        !allowed.test(to) &&
        !(types.test(to) && from.endsWith('/providers/aws.ts')),
    );
    expect(wrong.map(arrow)).toEqual([]);
  });

  test('of pure code, of what the browser gets and of env.ts are free of IO', () => {
    const free = new Set([...pure, 'shared', 'domain', 'components']);
    const wrong = imports.filter(({ from, to, own }) => {
      const area = areaOf(from);
      return (
        !own &&
        free.has(area) &&
        (to.startsWith('node:') || (area !== 'components' && to !== 'zod'))
      );
    });
    expect(wrong.map(arrow)).toEqual([]);
  });

  test('of ours name their file with its extension', () => {
    const wrong = imports.filter(
      ({ to, own }) => own && !/\.(?:ts|tsx|js|css|json|sql|md)$|\/$/.test(to),
    );
    expect(wrong.map(arrow)).toEqual([]);
  });
});

test('pure code takes no clock, randomness or environment', () => {
  const banned =
    /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.|\bprocess\.(?:env|std)/;
  const wrong = code.filter((file) => pure.includes(areaOf(file)) && banned.test(textOf(file)));
  expect(wrong).toEqual([]);
});

test('no key of a map or a list is glued of texts that may hold the separator', () => {
  const glued =
    /(?:groupBy\([^;`]*=>|\.(?:get|set|has|delete)\(|\bkey=\{|\bconst \w*(?:[iI]d|[kK]ey(?:Of)?) =(?: \([^)]*\)(?:: \w+)? =>)?)\s*`\$\{[^`}]*\}(?: |\||\\[nt0])\$\{/;
  const wrong = shipped.filter((file) => isCode(file) && glued.test(textOf(file)));
  expect(wrong).toEqual([]);
});

test('tables of texts are Maps: no object literal is indexed by data', () => {
  const table = /\b(?:const|let|readonly) #?\w+: (?:Readonly<|Partial<)*Record<string,/;
  // An object that a library or a protocol asks for is built there, from names of its own.
  const wrong = shipped.filter(
    (file) =>
      /^(?:lib|components|app)\//.test(file) &&
      !/^lib\/(?:sandbox\/|ingest\/decode-message\.ts$)/.test(file) &&
      table.test(textOf(file)),
  );
  expect(wrong).toEqual([]);
});

describe('files', () => {
  const lineCount = (file: string) => textOf(file).replace(/\n$/, '').split('\n').length;
  const typed = files.filter((file) => /\.tsx?$/.test(file));

  test('have 400 lines at most, pages 25, route handlers 40', () => {
    const limitOf = (file: string) => {
      if (/^app\/(?:.*\/)?page\.tsx$/.test(file)) return 25;
      return /^app\/(?:.*\/)?route\.ts$/.test(file) ? 40 : 400;
    };
    const long = typed.filter((file) => lineCount(file) > limitOf(file));
    expect(long.map((file) => `${file}: ${lineCount(file)}`)).toEqual([]);
  });

  test('have 100 columns of code at most, 120 of comment, long literals apart', () => {
    const literals =
      /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|\/(?![/*])(?:[^/\\\n]|\\.)+\/[a-z]*/g;
    const wide = typed.flatMap((file) => {
      let insideTemplate = false;
      return textOf(file)
        .split('\n')
        .flatMap((line, at) => {
          const comment = !insideTemplate && /^\s*(?:\/\/|\/?\*|\{\/\*)/.test(line);
          const literal = insideTemplate;
          const ticks = line.replace(/\\`/g, '').split('`').length - 1;
          const opens = !comment && !insideTemplate && ticks % 2 === 1;
          if (!comment && ticks % 2 === 1) insideTemplate = !insideTemplate;
          const outside = opens ? line.slice(0, line.lastIndexOf('`')) : line;
          const width = comment ? line.length : outside.replace(literals, "''").length;
          return !literal && width > (comment ? 120 : 100)
            ? [`${file}:${at + 1}: ${line.length}`]
            : [];
        });
    });
    expect(wide).toEqual([]);
  });

  test('have kebab-case names, and none is called utils', () => {
    const named = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|bench|config|module|d))?\.[a-z]+$/;
    const wrong = files
      .filter((file) => isCode(file) || file.endsWith('.css'))
      .filter((file) => {
        const name = path.posix.basename(file);
        return !named.test(name) || /^(?:utils?|helpers?|misc)\./.test(name);
      });
    expect(wrong).toEqual([]);
  });

  test('are imported by something that ships, or are an entry point', () => {
    const packages = files.filter((file) => path.posix.basename(file) === 'package.json');
    const manifests = packages.map((file) => {
      const { bin, scripts, exports } = JSON.parse(textOf(file));
      const mentioned = JSON.stringify({ bin, scripts, exports });
      return { dir: path.posix.dirname(file), mentioned };
    });
    const isEntry = (file: string) =>
      /^app\/(?:.*\/)?(?:page|layout|template|loading|error|global-error|not-found|route|icon)\.(?:tsx?|js)$/.test(
        file,
      ) ||
      manifests.some(({ dir, mentioned }) => {
        const inside = path.posix.relative(dir, file);
        return !inside.startsWith('..') && mentioned.includes(inside);
      });
    const used = new Set(imports.filter(({ from }) => !isTest(from)).map(({ to }) => to));
    const dead = shipped.filter((file) => !used.has(file) && !isEntry(file));
    expect(dead).toEqual([]);
  });

  test('lie where the layout has a place for them', () => {
    const top = /^(?:app|components|lib|prisma|crypto-core|test|\.ci)\//;
    const rootFiles =
      /^(?:next\.config\.js|package(?:-lock)?\.json|README\.md|LICENSE|tsconfig\.json|biome\.json|(?:vitest|prisma)\.config\.ts|\.[a-z]+(?:rc|ignore|attributes|config|-version))$/;
    const inLib =
      /^lib\/(?:env\.ts$|(?:shared|domain|sources|ingest|correlate|explain|forecast|whatif|store|services|http|sandbox|cli)\/)/;
    const stray = files.filter(
      (file) =>
        !(top.test(file) || rootFiles.test(file)) || (file.startsWith('lib/') && !inLib.test(file)),
    );
    expect(stray).toEqual([]);
  });
});

describe('texts', () => {
  const textFile =
    /\.(?:ts|tsx|js|mjs|json|css|md|sql|prisma|yml|yaml|toml|sh|txt)$|^LICENSE$|\/[^.]+$/;

  test('hold no note to self and no console.log where they ship', () => {
    const banned = /\b(?:TODO|FIXME|XXX|HACK)\b|\bconsole\.(?:log|debug)\(|\bdebugger\b/;
    expect(shipped.filter((file) => banned.test(textOf(file)))).toEqual([]);
  });

  test('name no path of one machine', () => {
    const machine = /(?<![\w.-])\/(?:root|work|home)\/[\w.]/;
    const wrong = files.filter((file) => textFile.test(file) && machine.test(textOf(file)));
    expect(wrong).toEqual([]);
  });

  test('name only paths of the repository that exist, in documents', () => {
    const documents = files.filter((file) => file.endsWith('.md'));
    expect(documents).toContain('crypto-core/docs/format.md');
    const missing = documents.flatMap((file) => {
      const dir = path.posix.dirname(file);
      const packageDir = file.startsWith('crypto-core/') ? 'crypto-core' : '.';
      const text = textOf(file);
      const quoted = [...text.matchAll(/`((?:\.{0,2}\/)?[\w.@[\]-]+(?:\/[\w.@[\]-]+)+\/?)`/g)]
        .map(([, name = '']) => name)
        .filter((name) =>
          /^(?:app|components|lib|prisma|crypto-core|test|src|docs|bench|\.ci)\//.test(name),
        );
      const linked = [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(
        ([, to = '']) => to,
      );
      return [...new Set([...quoted, ...linked])]
        .filter(
          (name) => !['.', dir, packageDir].some((base) => existsSync(path.join(root, base, name))),
        )
        .map((name) => `${file}: ${name}`);
    });
    expect(missing).toEqual([]);
  });
});
