import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import type {
  MigrationList,
  SchemaContainer,
  SchemaEngine,
} from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

// Prisma's schema engine in this process: its own executable would have to be downloaded. It keeps
// Prisma's table `_prisma_migrations`, so that `prisma migrate deploy` works on the same database.

const prismaDir = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'prisma');
const connectMsMax = 60_000;
const engineModule = '@prisma/schema-engine-wasm/schema_engine_bg';

type EngineModule = typeof import('@prisma/schema-engine-wasm/schema_engine_bg');
let loaded: Promise<EngineModule> | undefined;

/**
 * Runs `use` with a schema engine connected to the database at `url`, through `adapt`ed queries
 * where given.
 */
export async function withSchemaEngine<T>(
  url: string,
  use: (engine: SchemaEngine) => Promise<T>,
  adapt: (pool: pg.Pool) => SqlMigrationAwareDriverAdapterFactory = (pool) => new PrismaPg(pool),
): Promise<T> {
  loaded ??= loadEngine();
  const { SchemaEngine } = await loaded;
  // Freed, the engine leaves its connections open, so the pool is ours to end.
  const pool = new pg.Pool({ connectionString: url, connectionTimeoutMillis: connectMsMax });
  try {
    const schema = readSchema();
    const engine = await SchemaEngine.new(
      { datamodels: [[schema.path, schema.content]] },
      () => undefined,
      bindMigrationAwareSqlAdapterFactory(adapt(pool)),
    );
    try {
      return await use(engine);
    } finally {
      engine.free();
    }
  } finally {
    await pool.end();
  }
}

async function loadEngine(): Promise<EngineModule> {
  // The pinned version has these functions; its package has no types for this file.
  const engine = (await import(engineModule)) as EngineModule;
  const path = createRequire(import.meta.url).resolve(engineModule);
  const bytes = readFileSync(join(dirname(path), 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, {
    './schema_engine_bg.js': withoutHold(engine),
  });
  engine.__wbg_set_wasm(instance.exports);
  const start = instance.exports.__wbindgen_start;
  if (typeof start === 'function') start();
  return engine;
}

/**
 * The engine never clears the 10 s timer of its own lock, so each short command would end that
 * late. While it works its connection keeps the process alive.
 */
function withoutHold(engine: EngineModule): WebAssembly.ModuleImports {
  const imports: WebAssembly.ModuleImports = { ...engine };
  for (const name of Object.keys(imports).filter((key) => key.startsWith('__wbg_setTimeout_'))) {
    imports[name] = (run: () => void, ms: number) => setTimeout(run, ms).unref();
  }
  return imports;
}

export function readSchema(): SchemaContainer {
  const path = join(prismaDir, 'schema.prisma');
  return { path, content: readFileSync(path, 'utf8') };
}

/** The migrations of `prisma/migrations`, oldest first, as the engine takes them. */
export function readMigrations(): MigrationList {
  const baseDir = join(prismaDir, 'migrations');
  const lockfile = 'migration_lock.toml';
  const names = readdirSync(baseDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return {
    baseDir,
    lockfile: { path: lockfile, content: readFileSync(join(baseDir, lockfile), 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: names.map((path) => {
      const value = readFileSync(join(baseDir, path, 'migration.sql'), 'utf8');
      return { path, migrationFile: { path: 'migration.sql', content: { tag: 'ok', value } } };
    }),
  };
}
