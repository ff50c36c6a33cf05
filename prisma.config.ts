import { defineConfig } from 'prisma/config';

// For Prisma's own tools on a server (`prisma migrate deploy`, `prisma studio`). Keytide itself
// reads DATABASE_URL at start; generating the client needs no database, so a missing URL is no
// fault here.
const url = process.env.DATABASE_URL;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  ...(url ? { datasource: { url } } : {}),
});
