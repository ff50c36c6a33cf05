import { openApiDocument } from '../../lib/http/openapi/document.ts';

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: string[];
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  description?: string;
  additionalProperties?: Schema | boolean;
}

interface Operation {
  summary: string;
  security?: unknown[];
  parameters?: { name: string; in: string; required?: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

/** The API as a page of the documentation: its addresses, then what they answer. */
export function apiPage(): string {
  const { paths = {}, components = {} } = openApiDocument();
  const lines = [
    '# The JSON API',
    '',
    'Made from [the OpenAPI 3.1 document](/api/openapi.json) by `npm run docs`. Instants are epoch milliseconds UTC,',
    'windows `[from, to)`. Every failed answer is an `ErrorView`.',
    '',
  ];
  for (const [path, item] of Object.entries(paths))
    for (const method of ['get', 'post', 'put', 'delete'] as const) {
      // The document is made from our own table of operations, which has no references among them.
      const operation = item?.[method] as unknown as Operation | undefined;
      if (operation !== undefined) lines.push(...operationLines(method, path, operation));
    }
  lines.push('## What is answered', '');
  const schemas = components.schemas as unknown as Record<string, Schema>;
  for (const [name, schema] of Object.entries(schemas)) lines.push(...schemaLines(name, schema));
  return `${lines.join('\n').trimEnd()}\n`;
}

function operationLines(method: string, path: string, operation: Operation): string[] {
  const { summary, security, parameters = [], requestBody, responses } = operation;
  const lines = [`## ${method.toUpperCase()} ${path}`, '', `${summary}.`, ''];
  if (security) lines.push('Needs `authorization: Bearer` with the ingest token.', '');
  if (requestBody) lines.push(`Body: ${contentText(requestBody.content)}.`, '');
  lines.push(`Answer: ${contentText(responses['200']?.content ?? {})}.`, '');
  if (parameters.length === 0) return lines;
  const rows = parameters.map(
    ({ name, required, schema }) =>
      `| \`${name}\`${required ? ' (required)' : ''} | ${cell(schema.description ?? '')} |`,
  );
  return [...lines, '| parameter | meaning |', '|---|---|', ...rows, ''];
}

const contentText = (content: Record<string, { schema: Schema }>): string =>
  Object.entries(content)
    .map(([type, { schema }]) => (type === 'application/json' ? typeText(schema) : `\`${type}\``))
    .join(' or ') || 'nothing';

function schemaLines(name: string, schema: Schema): string[] {
  const lines = [`### ${name}`, ''];
  if (schema.description) lines.push(schema.description, '');
  if (schema.properties === undefined) return [...lines, `${typeText(schema)}.`, ''];
  const { properties, required = [] } = schema;
  const rows = Object.entries(properties).map(([field, of]) => {
    const absent = required.includes(field) ? '' : ' (may be absent)';
    return `| \`${field}\`${absent} | ${cell(typeText(of))} | ${cell(of.description ?? '')} |`;
  });
  return [...lines, '| field | is | meaning |', '|---|---|---|', ...rows, ''];
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

function typeText(schema: Schema): string {
  if (schema.$ref) return `\`${schema.$ref.split('/').at(-1)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.anyOf) return schema.anyOf.map(typeText).join(' or ');
  if (schema.type === 'array') return `list of ${typeText(schema.items ?? {})}`;
  if (schema.properties)
    return `{${Object.entries(schema.properties)
      .map(([name, of]) => `${name}: ${typeText(of)}`)
      .join(', ')}}`;
  if (typeof schema.additionalProperties === 'object')
    return `${typeText(schema.additionalProperties)} by name`;
  return [schema.type ?? 'object'].flat().join(' or ');
}
