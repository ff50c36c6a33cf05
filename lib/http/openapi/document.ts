import { createDocument } from 'zod-openapi';
import { paths } from './paths.ts';

/** The JSON API as OpenAPI 3.1, from the schemas that its answers' types and its bodies' checks come from. */
export const openApiDocument = () =>
  createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Keytide',
      version: '1',
      description:
        'What the dashboard’s pages ask. Instants are epoch milliseconds UTC, windows `[from, to)`. ' +
        'Reading is open to whoever reaches the server; a change must come from the dashboard itself, ' +
        'or from a program, which sends no `Origin`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        ingestToken: {
          type: 'http',
          scheme: 'bearer',
          description: 'The token that `keytide up` names, kept in the data directory.',
        },
      },
    },
  });
