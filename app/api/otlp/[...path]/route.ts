import { otlpNotFound } from '../../../../lib/http/ingest-route.ts';

export const GET = otlpNotFound;
export const POST = otlpNotFound;
export const PUT = otlpNotFound;
export const PATCH = otlpNotFound;
export const DELETE = otlpNotFound;
