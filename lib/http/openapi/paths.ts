/** Every address of the API that answers anything, by its path: test/unit/openapi.test.ts holds it to the routes. */
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { markerInput } from '../../services/answers/markers.ts';
import { priceTable } from '../../services/answers/prices.ts';
import { speedInput } from '../../services/answers/sandbox.ts';
import { savedViewInput } from '../../services/answers/saved-views.ts';
import { serviceForm } from '../../services/answers/service-facts.ts';
import { logKinds } from '../../shared/log-place.ts';
import { accessViewShape, validatedKeyShape } from '../../shared/schema/access.ts';
import { callsViewShape, rawEventViewShape } from '../../shared/schema/calls.ts';
import { connectionsViewShape, triedViewShape } from '../../shared/schema/connections.ts';
import { drillViewShape } from '../../shared/schema/drill.ts';
import { explainViewShape, jsonReportShape } from '../../shared/schema/explain.ts';
import { exportShape } from '../../shared/schema/export.ts';
import { importViewShape, storeViewShape } from '../../shared/schema/intake.ts';
import { keysViewShape, keyViewShape, readableViewShape } from '../../shared/schema/keys.ts';
import {
  labConfigShape,
  labOrderShape,
  labsViewShape,
  labViewShape,
} from '../../shared/schema/lab.ts';
import { markersViewShape } from '../../shared/schema/markers.ts';
import { measureBody, measureViewShape } from '../../shared/schema/measure.ts';
import { brushViewShape, patternViewShape } from '../../shared/schema/pattern.ts';
import { revocationViewShape, sandboxViewShape } from '../../shared/schema/sandbox.ts';
import { spikeDetailShape, spikesViewShape } from '../../shared/schema/spikes.ts';
import { savedViewsShape } from '../../shared/schema/views.ts';
import { operation } from './operation.ts';
import {
  brushParams,
  callsParams,
  choicesParams,
  drillParams,
  eventParams,
  explainParams,
  exportParams,
  importParams,
  keyPathParams,
  labPathParams,
  reportParams,
  spikeParams,
  spikePathParams,
  viewParams,
  viewPathParams,
} from './parameters.ts';

const otlp = (signal: string) =>
  operation({
    summary: `OTLP/HTTP ${signal}, plain or compressed; what comes twice counts once`,
    token: 'required',
    body: z.looseObject({}).describe(`An OTLP export request of ${signal}.`),
    bodyTypes: ['application/x-protobuf'],
    answer: z.looseObject({}).describe('An OTLP export response.'),
    answerTypes: ['application/x-protobuf'],
  });

const placeBody = z
  .looseObject({ kind: z.enum(logKinds) })
  .describe('A kind of log and where it is.');
const namedBody = z.object({ id: z.string().describe('The source’s id.') });

/** What the dashboard's pages ask. */
const views: ZodOpenApiPathsObject = {
  '/api/explain': {
    get: operation({
      summary: 'Why the window has the KMS requests it has',
      query: explainParams,
      answer: explainViewShape,
    }),
  },
  '/api/report': {
    get: operation({
      summary: 'The same as a report to keep',
      query: reportParams,
      answer: jsonReportShape,
      answerTypes: ['text/markdown'],
    }),
  },
  '/api/export': {
    get: operation({
      summary: 'What a page shows as a file of rows; its last line says so where it is cut off',
      query: exportParams,
      answer: exportShape,
      answerTypes: ['text/csv'],
    }),
  },
  '/api/spikes': {
    get: operation({
      summary: 'Where requests leave what is usual',
      query: viewParams.omit({ process: true }),
      answer: spikesViewShape,
    }),
  },
  '/api/spikes/{id}': {
    get: operation({
      summary: 'One spike, taken apart',
      path: spikePathParams,
      query: spikeParams,
      answer: spikeDetailShape,
    }),
  },
  '/api/pattern': {
    get: operation({
      summary: 'When within the hour requests come, and whether that repeats',
      query: viewParams,
      answer: patternViewShape,
    }),
  },
  '/api/pattern/brush': {
    get: operation({
      summary: 'A part of that heatmap beside the rest, by dimension',
      query: brushParams,
      answer: brushViewShape,
    }),
  },
  '/api/calls': {
    get: operation({
      summary: 'Calls beside their audit events, page by page',
      query: callsParams,
      answer: callsViewShape,
    }),
  },
  '/api/audit-events': {
    get: operation({
      summary: 'One audit event with its record as delivered',
      query: eventParams,
      answer: rawEventViewShape,
    }),
  },
  '/api/choices': {
    get: operation({
      summary:
        'What the window can be filtered by; of more than are listed a text finds the others',
      query: choicesParams,
      answer: explainViewShape.shape.choices,
    }),
  },
  '/api/store': { get: operation({ summary: 'Where data lie', answer: storeViewShape }) },
  '/api/revocation': {
    get: operation({
      summary: 'Who holds which key now, and when all would be dark',
      answer: revocationViewShape,
    }),
  },
};

const keys: ZodOpenApiPathsObject = {
  '/api/keys': {
    get: operation({ summary: 'Keys that the log or telemetry names', answer: keysViewShape }),
  },
  '/api/keys/readable': {
    get: operation({
      summary: 'Of each key, the data keys under it by age: whose data can be read now',
      answer: readableViewShape,
    }),
  },
  '/api/keys/{id}': {
    get: operation({
      summary: 'How a key lives, who uses it, and what breaks without it',
      path: keyPathParams,
      answer: keyViewShape,
    }),
  },
  '/api/keys/{id}/drill': {
    get: operation({
      summary: 'How long it was until each of its revocations took effect; it only reads',
      path: keyPathParams,
      query: drillParams,
      answer: drillViewShape,
      answerTypes: ['text/markdown'],
    }),
  },
  '/api/keys/{id}/validate': {
    post: operation({
      summary: 'Wraps and unwraps random bytes: active, being revoked, revoked or unreachable',
      path: keyPathParams,
      answer: validatedKeyShape,
    }),
  },
  '/api/keys/{id}/access': {
    post: operation({
      summary: 'The conditions of access to a key, what is allowed besides, and who else uses it',
      path: keyPathParams,
      answer: accessViewShape,
    }),
  },
  '/api/keys/{id}/measure': {
    get: operation({
      summary: 'A measurement of a test key as it is now',
      path: keyPathParams,
      answer: measureViewShape,
    }),
    post: operation({
      summary: 'Begins to ask a test key each second, while its owner takes it away',
      path: keyPathParams,
      body: measureBody,
      answer: measureViewShape,
    }),
    delete: operation({ summary: 'Ends it', path: keyPathParams, answer: measureViewShape }),
  },
};

const markers: ZodOpenApiPathsObject = {
  '/api/markers': {
    get: operation({
      summary: 'What charts mark: deploys, changes of keys, notes',
      query: viewParams,
      answer: markersViewShape,
    }),
    post: operation({
      summary: 'Marks something that happened, such as a deploy; told twice it is one',
      token: 'required',
      body: markerInput,
      answer: z.object({ at: z.number() }),
    }),
  },
};

const savedViews: ZodOpenApiPathsObject = {
  '/api/views': {
    get: operation({ summary: 'Saved views', answer: savedViewsShape }),
    post: operation({
      summary: 'Keeps a page under a name, in place of one of that name',
      body: savedViewInput,
      answer: savedViewsShape,
    }),
  },
  '/api/views/{name}': {
    delete: operation({
      summary: 'Removes a saved view',
      path: viewPathParams,
      answer: savedViewsShape,
    }),
  },
};

const connections: ZodOpenApiPathsObject = {
  '/api/connections': {
    get: operation({ summary: 'Audit sources and processes', answer: connectionsViewShape }),
    post: operation({ summary: 'Adds a source', body: placeBody, answer: connectionsViewShape }),
    put: operation({
      summary: 'Pauses a source, or has it read again',
      body: z.object({ id: z.string(), paused: z.boolean() }),
      answer: connectionsViewShape,
    }),
    delete: operation({
      summary: 'Removes a source; its events stay',
      body: namedBody,
      answer: connectionsViewShape,
    }),
  },
  '/api/connections/test': {
    post: operation({
      summary: 'Looks at an hour of a log',
      body: z.union([namedBody, placeBody]),
      answer: triedViewShape,
    }),
  },
};

const lab: ZodOpenApiPathsObject = {
  '/api/lab': {
    get: operation({ summary: 'Labs that run', answer: labsViewShape }),
    post: operation({ summary: 'Begins a lab', body: labConfigShape, answer: labViewShape }),
  },
  '/api/lab/{id}': {
    get: operation({ summary: 'One lab as it is now', path: labPathParams, answer: labViewShape }),
    post: operation({
      summary:
        'Tells a lab something to do; an order that makes no sense there is a turn of its own',
      path: labPathParams,
      body: labOrderShape,
      answer: z.union([labViewShape, z.object({ labs: z.array(z.looseObject({})) })]),
    }),
  },
};

/** What comes in, and what is set. */
const changes: ZodOpenApiPathsObject = {
  '/api/otlp/v1/traces': { post: otlp('traces') },
  '/api/otlp/v1/metrics': { post: otlp('metrics') },
  '/api/import': {
    post: operation({
      summary: 'Audit records in a file, whatever wraps them',
      query: importParams,
      bodyTypes: ['application/octet-stream'],
      answer: importViewShape,
    }),
  },
  '/api/settings/prices': {
    get: operation({ summary: 'The price table', answer: priceTable }),
    put: operation({ summary: 'Sets it', body: priceTable, answer: priceTable }),
  },
  '/api/settings/service': {
    get: operation({ summary: 'What was told of the service', answer: serviceForm }),
    put: operation({ summary: 'Tells it', body: serviceForm, answer: serviceForm }),
  },
  '/api/sandbox': { get: operation({ summary: 'The sandbox', answer: sandboxViewShape }) },
  '/api/sandbox/start': {
    post: operation({ summary: 'Starts the sandbox', answer: sandboxViewShape }),
  },
  '/api/sandbox/clock': {
    post: operation({
      summary: 'Sets its speed, 1 for wall time',
      body: speedInput,
      answer: sandboxViewShape,
    }),
  },
};

export const paths: ZodOpenApiPathsObject = {
  ...views,
  ...keys,
  ...markers,
  ...savedViews,
  ...connections,
  ...lab,
  ...changes,
  '/api/openapi.json': {
    get: operation({ summary: 'This document', answer: z.looseObject({}) }),
  },
};
