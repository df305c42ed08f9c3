import { z } from 'zod';
import { type Answer, OPERATIONS, type Operation, SCHEMAS, type SchemaName } from './operations.ts';

type Json = Record<string, unknown>;

const reference = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` });
const problem = { schema: reference('ProblemDetails') };

/** What any call may be refused with: a sentence, or Problem Details for those who accept JSON. */
const REFUSED = {
  description: 'A sentence that says what was expected; Problem Details (RFC 9457) for those who accept JSON.',
  headers: { 'Retry-After': { description: 'With 429 and 503: seconds to wait.', schema: { type: 'string' } } },
  content: { 'text/plain': { schema: { type: 'string' } }, 'application/problem+json': problem },
};

/** A schema as OpenAPI 3.1 has it: JSON Schema 2020-12, which is what zod makes. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  return rest;
}

/** Answers may grow fields; requests may not hold any that are not known. */
const isBody = (name: string) => name.endsWith('Body');

function answer({ description, json, events, text, headers = {}, links = {} }: Answer) {
  const type = json === 'ProblemDetails' ? 'application/problem+json' : 'application/json';
  const content = {
    ...(text && { [text]: { schema: { type: 'string' } } }),
    ...(events && { 'text/event-stream': { schema: reference(events) } }),
    ...(json && { [type]: { schema: reference(json) } }),
  };
  const described = Object.entries(headers).map(([name, what]) => [
    name,
    { description: what, schema: { type: 'string' } },
  ]);
  const linked = Object.entries(links).map(([operationId, id]) => [operationId, { operationId, parameters: { id } }]);
  return {
    description,
    ...(described.length > 0 && { headers: Object.fromEntries(described) }),
    ...(Object.keys(content).length > 0 && { content }),
    ...(linked.length > 0 && { links: Object.fromEntries(linked) }),
  };
}

function parameters({ path, query, headers = {} }: Operation): Json[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', ...(name === 'id' && { format: 'uuid' }) },
  }));
  const properties = query ? (schemaOf(query, 'input').properties as Record<string, Json>) : {};
  const inQuery = Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(description ? { description } : {}),
    schema,
  }));
  const inHeader = Object.entries(headers).map(([name, one]) => {
    const { description, ...schema } = schemaOf(one, 'input');
    return { name, in: 'header', description, schema };
  });
  return [...inPath, ...inQuery, ...inHeader];
}

function operation(one: Operation): Json {
  const given = parameters(one);
  const answers = Object.entries(one.answers).map(([status, value]) => [status, answer(value)]);
  return {
    operationId: one.id,
    summary: one.summary,
    ...(given.length > 0 && { parameters: given }),
    ...(one.body && { requestBody: { content: { 'application/json': { schema: reference(one.body) } } } }),
    responses: { ...Object.fromEntries(answers), default: REFUSED },
  };
}

/** The service as OpenAPI 3.1, from the same schemas that check requests. */
export function openApiDocument() {
  const paths: Record<string, Json> = {};
  for (const one of OPERATIONS) paths[one.path] = { ...paths[one.path], [one.method]: operation(one) };
  const schemas = Object.entries(SCHEMAS).map(([name, schema]) => [
    name,
    schemaOf(schema, isBody(name) ? 'input' : 'output'),
  ]);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Async API',
      version: 'v1alpha1',
      summary: 'Start long-running work on Kubernetes with one HTTP call, and follow it to its end.',
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{}, { bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: Object.fromEntries(schemas),
    },
  };
}
