/** A small tree that keeps every rule, and what breaks each when it is added. */

const lines = (n: number, line: string) => `${line}\n`.repeat(n);
const longFunction = (body: string) => `function long(): void {\n${lines(61, body)}}\n\nlong();\n`;
const glued = (between: string) => `\`\${a}${between}\${b}\``;
// Written apart, so that this file does not say what it plants.
const [note, alone] = ['TO' + 'DO', 'on' + 'ly'];

export const soundTree: readonly [file: string, text: string][] = [
  ['package.json', '{"scripts":{"start":"node lib/cli/main.ts"}}'],
  ['crypto-core/package.json', '{"exports":{".":"./src/index.ts"}}'],
  ['crypto-core/src/index.ts', "export { seal } from './seal.ts';\n"],
  ['crypto-core/src/seal.ts', 'export const seal = (): string => "sealed";\n'],
  [
    'lib/cli/main.ts',
    "import { sealed } from '../sandbox/sealed.ts';\nimport { answer } from '../services/answer.ts';\n\nanswer(sealed);\n",
  ],
  [
    'lib/sandbox/sealed.ts',
    "import { seal } from '@keytide/crypto-core';\n\nexport const sealed = seal;\n",
  ],
  [
    'lib/services/answer.ts',
    "import { count } from '../explain/ledger/count.ts';\n\n/** Counts. */\nexport const answer = (ask: () => string): number => count(ask());\n",
  ],
  ['lib/explain/ledger/count.ts', 'export const count = (text: string): number => text.length;\n'],
  ['README.md', 'Read `lib/cli/main.ts`.\n'],
  [
    'test/unit/count.test.ts',
    "import { count } from '../../lib/explain/ledger/count.ts';\n\ncount('a');\n",
  ],
];

/** A file that breaks a rule, its text, and files beside it. */
type Plant = [file: string, text: string, more?: Record<string, string>];

const pure = 'lib/explain/ledger/count.ts';
const service = 'lib/services/answer.ts';

export const plants: ReadonlyMap<string, readonly Plant[]> = new Map<string, Plant[]>([
  [
    'imports follow the table of the layout',
    [
      [pure, "import { answer } from '../../services/answer.ts';\n\nanswer(() => '');\n"],
      [
        'components/ui/panel.tsx',
        "export const late = () => import('../../lib/services/answer.ts');\n",
      ],
    ],
  ],
  [
    'crypto-core is reached from outside through its package entries',
    [
      [service, "import { seal } from '../../crypto-core/src/seal.ts';\n\nseal();\n"],
      ['lib/cli/other.ts', "export type Seal = typeof import('../../crypto-core/src/seal.ts');\n"],
    ],
  ],
  [
    'imported files exist',
    [
      [service, "import { gone } from './gone.ts';\n\ngone();\n"],
      [service, "export const at = new URL('./gone.ts', import.meta.url);\n"],
    ],
  ],
  [
    'imports of ours name their file with its extension',
    [
      [service, "import { count } from '../explain/ledger/count';\n\ncount('');\n"],
      [service, "export { count } from '../explain/ledger/count';\n"],
    ],
  ],
  [
    'nothing outside of tests imports a test',
    [
      [service, "import '../../test/unit/count.test.ts';\n"],
      [
        'crypto-core/src/seal.ts',
        "export const seal = () => import('../test/rig.ts');\n",
        { 'crypto-core/test/rig.ts': '' },
      ],
    ],
  ],
  [
    'each package has one part that uses it',
    [
      [service, "import { Pool } from 'pg';\n\nnew Pool();\n"],
      ['lib/http/ask.ts', "export type Client = import('@aws-sdk/client-kms').KMSClient;\n"],
    ],
  ],
  [
    'crypto-core uses Node, OpenTelemetry’s API and its optional peers only',
    [
      ['crypto-core/src/seal.ts', "import { z } from 'zod';\n\nexport const seal = z.string();\n"],
      ['crypto-core/src/seal.ts', "export const seal = () => import('lru-cache');\n"],
    ],
  ],
  [
    'pure code and what the browser gets import no IO',
    [
      [pure, "import { readFileSync } from 'node:fs';\n\nexport const count = readFileSync;\n"],
      ['components/ui/panel.tsx', "export const late = () => import('node:os');\n"],
    ],
  ],
  [
    'no files import each other in a circle',
    [
      [
        pure,
        "import type { Sum } from './sum.ts';\n\nexport type Count = Sum;\n",
        {
          'lib/explain/ledger/sum.ts':
            "import type { Count } from './count.ts';\n\nexport type Sum = Count;\n",
        },
      ],
      [
        'lib/shared/a.ts',
        "import { b } from './b.ts';\n\nexport const a = b;\n",
        {
          'lib/shared/b.ts': "import { c } from './c.ts';\n\nexport const b = c;\n",
          'lib/shared/c.ts': "import { a } from './a.ts';\n\nexport const c = () => a;\n",
        },
      ],
    ],
  ],
  [
    'rooms of one folder import each other in one direction',
    [
      [
        'lib/explain/words/say.ts',
        "import { count } from '../ledger/count.ts';\n\nexport const say = count;\n",
        {
          [pure]: "import { word } from '../words/word.ts';\n\nexport const count = word;\n",
          'lib/explain/words/word.ts': 'export const word = 1;\n',
        },
      ],
      [
        'lib/sandbox/fleet/take.ts',
        "import { context } from '../context.ts';\n\nexport const take = context;\n",
        {
          'lib/sandbox/context.ts':
            "import { told } from './fleet/told.ts';\n\nexport const context = told;\n",
          'lib/sandbox/fleet/told.ts': 'export const told = 1;\n',
        },
      ],
      [
        'lib/store/records/keep.ts',
        "import { sum } from '../rollups/sum.ts';\n\nexport const keep = sum;\n",
        {
          'lib/store/rollups/sum.ts':
            "import { kept } from '../records/kept.ts';\n\nexport const sum = kept;\n",
          'lib/store/records/kept.ts': 'export const kept = 1;\n',
        },
      ],
    ],
  ],
  [
    'no file only passes on what others export',
    [
      ['lib/explain/index.ts', "export * from './ledger/count.ts';\n"],
      ['lib/explain/parts.ts', "export { count as counted } from './ledger/count.ts';\n"],
    ],
  ],
  [
    'every file that ships is imported by one that ships, or is an entry point',
    [
      ['lib/domain/dead.ts', 'export const dead = 1;\n'],
      [
        'lib/domain/dead.ts',
        'export const dead = 1;\n',
        { 'test/unit/dead.test.ts': "import '../../lib/domain/dead.ts';\n" },
      ],
    ],
  ],
  [
    'every export is imported somewhere',
    [
      [pure, 'export const count = (text: string) => text.length;\nexport const unused = 1;\n'],
      [
        pure,
        'export const count = (text: string) => text.length;\nexport interface Unused {\n  n: number;\n}\n',
      ],
    ],
  ],
  [
    'one exported name is one thing',
    [
      ['lib/services/counted.ts', 'export const count = (): number => 1;\n'],
      ['lib/services/sealed.ts', 'export type sealed = string;\n'],
    ],
  ],
  [
    'functions have 60 lines at most, with JSX 120',
    [
      [service, longFunction('  long;')],
      [
        'components/ui/panel.tsx',
        `export const Panel = () => {\n${lines(121, '  "";')}  return <p>long</p>;\n};\n`,
      ],
    ],
  ],
  [
    'a cast stands in a named helper that states its guarantee',
    [
      [service, 'export function answer(given: unknown): number {\n  return given as number;\n}\n'],
      [service, 'export const answer = (given: string) => given as unknown as number;\n'],
    ],
  ],
  [
    'no any, no non-null assertion, no enum, namespace or parameter property',
    [
      [service, 'export const answer = (given: any): number => given;\n'],
      [service, 'export enum Answer {\n  yes,\n}\n'],
      [service, 'export const answer = (given: number[]) => given[0]!;\n'],
      [service, 'export class Answer {\n  constructor(private readonly n: number) {}\n}\n'],
    ],
  ],
  [
    'exports have names, but where Next.js or a tool wants a default',
    [
      [service, 'export default function answer(): void {}\n'],
      [service, 'const answer = 1;\n\nexport default answer;\n'],
    ],
  ],
  [
    'clocks and chance are taken in their rooms only',
    [
      [service, 'export const answer = () => Date.now();\n'],
      [service, 'export const answer = () => new Date();\n'],
      [service, 'export const answer = () => globalThis.Math.random();\n'],
    ],
  ],
  [
    'the environment is read by entry points only',
    [
      [service, 'export const answer = () => process.env.HOME;\n'],
      [service, "import { env } from 'node:process';\n\nexport const answer = () => env.HOME;\n"],
      [service, 'const { env } = process;\n\nexport const answer = () => env.HOME;\n'],
    ],
  ],
  [
    'SQL is written in lib/store only',
    [
      [service, "export const answer = 'SELECT n FROM events';\n"],
      [service, 'export const answer = (db: { $queryRaw: () => number }) => db.$queryRaw();\n'],
    ],
  ],
  [
    'pure code takes no clock, chance, environment or IO, and throws on no data',
    [
      [pure, 'export const count = () => performance.now();\n'],
      [pure, "export function count(): never {\n  throw new Error('no count');\n}\n"],
      [pure, "export const count = () => fetch('/count');\n"],
    ],
  ],
  [
    'no key is glued from texts that may hold the separator',
    [
      [
        service,
        `export const answer = (seen: Set<string>, a: string, b: string) => seen.has(${glued('|')});\n`,
      ],
      [service, "export const pairKey = (a: string, b: string) => [a, b].join(':');\n"],
      [
        'components/ui/list.tsx',
        `export const row = (a: string, b: string) => <p key={${glued(' ')}} />;\n`,
      ],
    ],
  ],
  [
    'tables of texts are Maps: no object literal is indexed by data',
    [
      [service, 'export const answer: Record<string, number> = {};\n'],
      [service, 'export const answer: { [name: string]: number } = {};\n'],
    ],
  ],
  [
    'three texts as arguments are an options object',
    [
      [
        service,
        'export function answer(a: string, b: string, c: string): string {\n  return a + b + c;\n}\n',
      ],
      [
        service,
        'export class Answer {\n  of(a: string, n: number, b: string, c = 1, d: string = a): string {\n    return a + b + c + d + n;\n  }\n}\n',
      ],
    ],
  ],
  [
    'qualifiers come last in names',
    [
      [service, 'export const maxEntries = 10;\n'],
      [service, 'export interface Limits {\n  minAgeMs: number;\n}\n'],
    ],
  ],
  [
    'no state is a text that others take apart',
    [
      [service, "export const isLost = (state: string) => state.startsWith('lost:');\n"],
      [service, "export const isHit = (state: string) => state.endsWith(':hit');\n"],
    ],
  ],
  [
    'nothing that ships writes to the console or stops in a debugger',
    [
      [service, "export const answer = () => console.log('answer');\n"],
      [service, 'export function answer(): void {\n  debugger;\n}\n'],
    ],
  ],
  [
    'routes and pages catch nothing themselves',
    [
      [
        'app/api/calls/route.ts',
        'export function GET(): number {\n  try {\n    return 1;\n  } catch {\n    return 2;\n  }\n}\n',
      ],
      [
        'app/api/calls/route.ts',
        'export const GET = (work: Promise<number>) => work.catch(() => 0);\n',
      ],
    ],
  ],
  [
    'no test is alone, to do, or sure to pass',
    [
      ['test/unit/count.test.ts', `test.${alone}('counts', () => {});\n`],
      ['test/unit/count.test.ts', "test('counts', () => {\n  expect(true).toBe(true);\n});\n"],
    ],
  ],
  [
    'files have 400 lines at most, pages 25, route handlers 40',
    [
      [service, lines(401, 'export {};')],
      ['app/page.tsx', lines(26, 'export {};')],
      ['app/api/calls/route.ts', lines(41, 'export {};')],
    ],
  ],
  [
    'code has 100 columns at most, comments 120, long literals apart',
    [
      [service, `export const answer = ${'1 + '.repeat(25)}1;\n`],
      [service, `/** ${'long '.repeat(24)} */\nexport const answer = 1;\n`],
    ],
  ],
  [
    'files have kebab-case names, and no file or folder is called utils',
    [
      ['lib/domain/utils.ts', 'export const a = 1;\n'],
      ['lib/explain/helpers/sum.ts', 'export const a = 1;\n'],
      ['lib/domain/bigSum.ts', 'export const a = 1;\n'],
    ],
  ],
  [
    'files lie where the layout has a place for them',
    [
      ['src/main.ts', 'export {};\n'],
      ['lib/tools/sum.ts', 'export {};\n'],
      ['NOTES.md', 'Notes.\n'],
    ],
  ],
  [
    'nothing that ships holds a note to self',
    [
      [service, `// ${note}: later\nexport const answer = 1;\n`],
      ['components/ui/panel.css', `/* ${note} */\n`],
    ],
  ],
  [
    'nothing names a path of one machine or a registry’s host',
    [
      [service, `export const answer = '/${'home'}/me/file';\n`],
      ['README.md', `Install from registry.${'npmjs'}.org.\n`],
    ],
  ],
  [
    'documents name only paths that exist',
    [
      ['README.md', 'Read `lib/cli/gone.ts`.\n'],
      ['README.md', 'Read [this](docs/gone.md).\n'],
    ],
  ],
  [
    'comments have three lines at most, a module’s header ten',
    [
      [service, `export {};\n\n/**\n${lines(4, ' * Why.')} */\nexport const answer = 1;\n`],
      [service, `${lines(11, '// Why.')}export const answer = 1;\n`],
    ],
  ],
  [
    'comments name only files that exist',
    [
      [service, '// As lib/explain/gone.ts has it.\nexport const answer = 1;\n'],
      [service, '/** See gone-file.ts. */\nexport const answer = 1;\n'],
    ],
  ],
]);
