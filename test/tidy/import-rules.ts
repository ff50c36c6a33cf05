/** Who imports whom: the table of the layout, packages and their owners, circles, and what nobody imports. */
import path from 'node:path';
import { circlesOf } from './circles.ts';
import {
  areaOf,
  type Breach,
  type Import,
  isCode,
  isShipped,
  isTest,
  type Rule,
  type SourceTree,
} from './source-tree.ts';

export const pureAreas = ['correlate', 'explain', 'forecast', 'whatif'];

const mayImport = new Map<string, readonly string[]>([
  ['crypto-core', []],
  ['shared', []],
  ['domain', ['shared']],
  ['env', []],
  ...pureAreas.map((area): [string, string[]] => [area, ['shared', 'domain']]),
  ['sources', ['domain', 'shared']],
  ['ingest', ['sources', 'store', 'domain', 'shared']],
  ['store', ['domain', 'shared']],
  ['services', ['shared', 'domain', 'sources', 'ingest', ...pureAreas, 'store', 'crypto-core']],
  ['components', ['shared']],
  ['app', ['services', 'http', 'components', 'shared']],
  ['sandbox', ['crypto-core', 'domain', 'shared']],
  ['http', ['domain', 'shared', 'services']],
  // Words of the domain (errors, options' units) are everyone's.
  ['cli', ['services', 'sandbox', 'env', 'domain', 'shared']],
  ['crypto-core/test', ['crypto-core']],
  ['crypto-core/bench', ['crypto-core']],
  ['crypto-core/examples', ['crypto-core']],
]);

/** Packages that one part of the layout keeps to itself; tests may use any. */
const owners: [packages: RegExp, owner: RegExp][] = [
  [/^(?:@prisma\/|pg$|@electric-sql\/)/, /^lib\/store\//],
  [/^@aws-sdk\/client-(?:cloudtrail|s3)$/, /^lib\/sources\/cloudtrail\//],
  [/^@google-cloud\/logging(?:-api)?$/, /^lib\/sources\/gcp-logging\//],
  [/^@azure\/(?:monitor|storage)/, /^lib\/sources\/azure-monitor\//],
  // The engine wraps and unwraps; what else an identity may do is asked apart from it.
  [
    /^@aws-sdk\/client-kms$/,
    /^(?:crypto-core\/src\/providers|lib\/sources\/permissions)\/aws\.ts$/,
  ],
  [/^@google-cloud\/kms$/, /^(?:crypto-core\/src\/providers|lib\/sources\/permissions)\/gcp\.ts$/],
  [/^@azure\/keyvault/, /^(?:crypto-core\/src\/providers\/azure\.ts$|lib\/sources\/permissions\/)/],
  [/^prom-client$/, /^(?:crypto-core\/src\/telemetry|lib\/services)\//],
  [/^recharts$/, /^components\/charts\//],
  [/^(?:@tanstack\/|react-aria-components$|@internationalized\/|nuqs)/, /^components\//],
  [/^(?:react|react-dom)(?:\/|$)/, /^(?:components|app)\//],
  [
    /^next(?:\/|$)/,
    /^(?:components|app|lib\/http)\/|^lib\/cli\/web-process\.ts$|^next\.config\.js$/,
  ],
  [/^(?:commander|ora)$/, /^lib\/cli\//],
  [/^pino$/, /^lib\/http\/log\.ts$/],
  [/^markdown-it$/, /^lib\/services\/answers\/docs\.ts$/],
  [/^rolldown(?:\/|$)/, /^test\/tidy\/parsed-file\.ts$/],
];

const breachOf = ({ from, line, to }: Import): Breach => ({
  file: from,
  line,
  what: `imports ${to}`,
});
const breaches = (tree: SourceTree, isWrong: (site: Import) => boolean) =>
  tree.imports.filter(isWrong).map(breachOf);

const layers: Rule = {
  name: 'imports follow the table of the layout',
  fix: 'Move the code to the part that may import it, or pass what it needs as a parameter.',
  find: (tree) =>
    breaches(tree, ({ from, to, own, typeOnly }) => {
      const [source, area] = [areaOf(from), areaOf(to)];
      if (!own || !isCode(to) || source === area || source === 'test' || source === 'root')
        return false;
      if (source === 'store' && area === 'crypto-core' && typeOnly) return false;
      // What every route opens first is the dashboard's entry point.
      if (from === 'lib/services/server-context.ts' && area === 'env') return false;
      // How much a test does is asked in one place.
      if (source === 'crypto-core/test' && to === 'test/support/sized.ts') return false;
      return !(mayImport.get(source) ?? []).includes(area);
    }),
};

const packageEntries: Rule = {
  name: 'crypto-core is reached from outside through its package entries',
  fix: 'Import @keytide/crypto-core or one of its subpath exports.',
  find: (tree) =>
    breaches(
      tree,
      ({ from, to }) =>
        to.startsWith('crypto-core/src/') &&
        !/^(?:crypto-core|test)\//.test(from) &&
        !tree.packageEntries.has(to),
    ),
};

const existing: Rule = {
  name: 'imported files exist',
  fix: 'Correct the path, or remove the import.',
  find: (tree) =>
    breaches(
      tree,
      ({ to, own }) => own && !to.startsWith('lib/store/generated/') && !tree.exists(to),
    ),
};

const extensions: Rule = {
  name: 'imports of ours name their file with its extension',
  fix: 'Write the whole file name: Node runs it as it is.',
  find: (tree) =>
    breaches(tree, ({ to, own }) => own && !/\.(?:ts|tsx|js|css|json|sql|md)$|\/$/.test(to)),
};

const testsApart: Rule = {
  name: 'nothing outside of tests imports a test',
  fix: 'Move what is shared to lib/, or the importer to test/.',
  find: (tree) =>
    breaches(
      tree,
      ({ from, to, own }) => own && isTest(to) && !isTest(from) && from !== 'vitest.config.ts',
    ),
};

const packageOwners: Rule = {
  name: 'each package has one part that uses it',
  fix: 'Call the part that owns the package instead (test/tidy/import-rules.ts has the table).',
  find: (tree) =>
    breaches(tree, ({ from, to, own }) => {
      if (own || isTest(from))
        return to.startsWith('rolldown') && from !== 'test/tidy/parsed-file.ts';
      const owner = owners.find(([packages]) => packages.test(to))?.[1];
      return owner !== undefined && !owner.test(from);
    }),
};

const corePackages: Rule = {
  name: 'crypto-core uses Node, OpenTelemetry’s API and its optional peers only',
  fix: 'Write it in crypto-core, or take it as a port from the host.',
  find: (tree) =>
    breaches(
      tree,
      ({ from, to, own }) =>
        areaOf(from) === 'crypto-core' &&
        !own &&
        !/^(?:node:|@opentelemetry\/api$|prom-client$|@aws-sdk\/client-kms$|@google-cloud\/kms$|@azure\/)/.test(
          to,
        ) &&
        !(to === '@aws-sdk/types' && from.endsWith('/providers/aws.ts')),
    ),
};

const freeOfIo: Rule = {
  name: 'pure code and what the browser gets import no IO',
  fix: 'Read the data in a service and pass it in.',
  find: (tree) => {
    const free = new Set([...pureAreas, 'shared', 'domain', 'components']);
    return breaches(tree, ({ from, to, own }) => {
      const area = areaOf(from);
      const pure = area !== 'components';
      return !own && free.has(area) && (to.startsWith('node:') || (pure && to !== 'zod'));
    });
  },
};

const inside = ({ own, from, to }: Import) => own && isShipped(from) && isCode(to) && from !== to;

const fileCircles: Rule = {
  name: 'no files import each other in a circle',
  fix: 'Move what both need to a file of its own, types too.',
  find: (tree) =>
    circlesOf(tree.imports.filter(inside), ({ from, to }) => [from, to]).map(breachOf),
};

const roomCircles: Rule = {
  name: 'rooms of one folder import each other in one direction',
  fix: 'Move the file to the room that it serves, or what both rooms need to the lower one.',
  find: (tree) => {
    const sites = tree.imports.filter((site) => inside(site));
    const folders = new Set(
      sites.flatMap(({ from }) => {
        const parts = path.posix.dirname(from).split('/');
        return parts.map((_, depth) => parts.slice(0, depth + 1).join('/'));
      }),
    );
    // Where rooms are floors; elsewhere they are doors of one hall.
    const rooms = [...folders].filter((name) =>
      /^lib\/(?:explain|sandbox|store)(?:\/|$)/.test(name),
    );
    return rooms.flatMap((folder) => {
      const room = (file: string) => {
        const [first = '', ...rest] = file.slice(folder.length + 1).split('/');
        return rest.length === 0 ? '.' : first;
      };
      const within = sites.filter(({ from, to }) =>
        [from, to].every((file) => file.startsWith(`${folder}/`)),
      );
      const crossing = within.filter(({ from, to }) => room(from) !== room(to));
      return circlesOf(crossing, ({ from, to }) => [room(from), room(to)]).map(breachOf);
    });
  },
};

const barrels: Rule = {
  name: 'no file only passes on what others export',
  fix: 'Import from the file that declares it; only a package’s entry passes on.',
  find: (tree) =>
    tree.imports
      .filter(({ from, passedOn }) => passedOn && isCode(from) && !tree.packageEntries.has(from))
      .map(({ from, line, to }) => ({ file: from, line, what: `passes on ${to}` })),
};

const deadFiles: Rule = {
  name: 'every file that ships is imported by one that ships, or is an entry point',
  fix: 'Delete it, or use it.',
  find: (tree) => {
    const manifests = tree.files
      .filter((file) => path.posix.basename(file) === 'package.json')
      .map((file) => {
        const { bin, scripts, exports } = JSON.parse(tree.textOf(file));
        return {
          dir: path.posix.dirname(file),
          mentioned: JSON.stringify({ bin, scripts, exports }),
        };
      });
    const isEntry = (file: string) =>
      isNextEntry(file) ||
      // The clouds that contract tests of the providers run.
      /^lib\/sandbox\/(?:azure|gcp)\/server\.ts$/.test(file) ||
      manifests.some(({ dir, mentioned }) => {
        const name = path.posix.relative(dir, file);
        return !name.startsWith('..') && mentioned.includes(name);
      });
    const used = new Set(tree.imports.filter(({ from }) => !isTest(from)).map(({ to }) => to));
    return tree.files
      .filter((file) => isShipped(file) && (isCode(file) || file.endsWith('.css')))
      .filter((file) => !used.has(file) && !isEntry(file))
      .map((file) => ({ file, line: 1, what: 'is imported by nothing that ships' }));
  },
};

const isNextEntry = (file: string) =>
  /^app\/(?:.*\/)?(?:page|layout|template|loading|error|global-error|not-found|route|icon)\.(?:tsx?|js)$/.test(
    file,
  );

const deadExports: Rule = {
  name: 'every export is imported somewhere',
  fix: 'Remove the word export, or the code where nothing uses it.',
  find: (tree) => {
    const taken = new Map<string, Set<string>>();
    for (const { from, to, own, names } of tree.imports) {
      if (!own || from === to) continue;
      const known = taken.get(to) ?? new Set();
      for (const name of names) known.add(name);
      taken.set(to, known);
    }
    return tree.exports
      .filter(({ file }) => isShipped(file) || /^test\/(?:support|tidy)\//.test(file))
      .filter(({ file }) => !tree.packageEntries.has(file) && !isNextEntry(file))
      .filter(({ file, name, isType }) => {
        const names = taken.get(file);
        if (name === '*' || name === 'default' || names?.has(name) || names?.has('*')) return false;
        // A type that another export of the file speaks of is part of that one's contract.
        return !isType || tree.textOf(file).match(new RegExp(`\\b${name}\\b`, 'g'))?.length === 1;
      })
      .map(({ file, line, name }) => ({
        file,
        line,
        what: `exports ${name}, which nothing imports`,
      }));
  },
};

const namesakes: Rule = {
  name: 'one exported name is one thing',
  fix: 'Give the younger one a name of its own, by what it is of.',
  find: (tree) => {
    const first = new Map<string, string>();
    return tree.exports
      .filter(({ file }) => isShipped(file) && !tree.packageEntries.has(file) && !isNextEntry(file))
      .flatMap(({ file, line, name }) => {
        const inPackage = `${file.startsWith('crypto-core/') ? 'crypto-core' : 'keytide'} ${name}`;
        const known = first.get(inPackage) ?? file;
        first.set(inPackage, known);
        return known === file ? [] : [{ file, line, what: `exports ${name}, as ${known} does` }];
      });
  },
};

export const importRules: readonly Rule[] = [
  layers,
  packageEntries,
  existing,
  extensions,
  testsApart,
  packageOwners,
  corePackages,
  freeOfIo,
  fileCircles,
  roomCircles,
  barrels,
  deadFiles,
  deadExports,
  namesakes,
];
