import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openApiDocument } from '../../lib/http/openapi/document.ts';
import { generatedPages } from '../docs/pages.ts';

const root = path.resolve(import.meta.dirname, '../..');
const api = path.join(root, 'app/api');
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Every handler under app/api, as `GET /api/spikes/{id}`; one that takes any path only refuses. */
const handlers = readdirSync(api, { recursive: true })
  .map(String)
  .filter((file) => path.basename(file) === 'route.ts' && !file.includes('[...'))
  .flatMap((file) => {
    const address = path.posix.join('/api', path.dirname(file).replaceAll(path.sep, '/'));
    const text = readFileSync(path.join(api, file), 'utf8');
    return methods
      .filter((method) =>
        new RegExp(`^export (?:const|async function) ${method}\\b`, 'm').test(text),
      )
      .map((method) => {
        const operation = `${method} ${address.replace(/\[(\w+)\]/g, '{$1}')}`;
        // Reading needs no token, whatever else the file does.
        const token = method !== 'GET' && /requireIngestToken|ingestRoute/.test(text);
        return { operation, token };
      });
  });

describe('the OpenAPI document', () => {
  const document = openApiDocument();

  test('has every handler under app/api, and no other', () => {
    const told = Object.entries(document.paths ?? {}).flatMap(([address, item]) =>
      methods
        .filter((method) => method.toLowerCase() in (item ?? {}))
        .map((m) => `${m} ${address}`),
    );
    expect(told.sort()).toEqual(handlers.map(({ operation }) => operation).sort());
    expect(handlers.length).toBeGreaterThan(15);
  });

  test('is OpenAPI 3.1 whose references lead to what it holds', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    const schemas = document.components?.schemas ?? {};
    const references = [
      ...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g),
    ];
    expect(references.length).toBeGreaterThan(50);
    for (const [, name = ''] of references) expect(Object.keys(schemas)).toContain(name);
  });

  test('says of every operation how it fails, and of those that want the token that they do', () => {
    for (const { operation, token } of handlers) {
      const [method = '', address = ''] = operation.split(' ');
      const item = Object.entries(document.paths?.[address] ?? {});
      const told = item.find(([name]) => name === method.toLowerCase())?.[1];
      expect(told?.responses, operation).toHaveProperty('default');
      expect(Boolean(told?.security), operation).toBe(token);
    }
  });
});

test.each([...generatedPages()])(
  '%s is as the code has it: npm run docs makes it',
  (name, text) => {
    expect(readFileSync(path.join(root, 'app/docs/content', name), 'utf8')).toBe(text);
  },
);
