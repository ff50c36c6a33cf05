import type { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import { errorViewShape } from '../../shared/schema/sandbox.ts';

interface Told {
  summary: string;
  description?: string;
  query?: z.ZodObject;
  path?: z.ZodObject;
  /** The JSON that it is sent. */
  body?: z.ZodType;
  /** Bodies of other media types than JSON. */
  bodyTypes?: readonly string[];
  /** The JSON that it answers. */
  answer?: z.ZodType;
  /** Answers of other media types than JSON. */
  answerTypes?: readonly string[];
  /** Asked of a sender that is no page of the dashboard. */
  token?: 'required';
}

const binary = { schema: { type: 'string' as const, format: 'binary' } };

/** One operation of the API; every one fails in the same form. */
export function operation(told: Told): ZodOpenApiOperationObject {
  const { summary, description, query, path, body, bodyTypes = [], token } = told;
  const requestParams = { ...(query && { query }), ...(path && { path }) };
  const content = {
    ...(body && { 'application/json': { schema: body } }),
    ...Object.fromEntries(bodyTypes.map((type) => [type, binary])),
  };
  return {
    summary,
    ...(description && { description }),
    ...((query ?? path) && { requestParams }),
    ...((body || bodyTypes.length > 0) && { requestBody: { required: true, content } }),
    ...(token && { security: [{ ingestToken: [] }] }),
    responses: responsesOf(told),
  };
}

function responsesOf({ answer, answerTypes = [] }: Told): ZodOpenApiResponsesObject {
  const content = {
    ...(answer && { 'application/json': { schema: answer } }),
    ...Object.fromEntries(answerTypes.map((type) => [type, binary])),
  };
  return {
    200: { description: 'Done.', content },
    default: {
      description: 'It failed: the code and what to do.',
      content: { 'application/json': { schema: errorViewShape } },
    },
  };
}
