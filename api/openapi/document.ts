import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';

/**
 * The OpenAPI 3.1 document of these paths. A zod schema with an `id` in its metadata becomes a component of that name;
 * any other stands where it is used.
 */
export const openApiDocument = (paths: ZodOpenApiPathsObject) =>
  createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Async API',
      version: 'v1alpha1',
      summary: 'Start long-running work on Kubernetes with one HTTP call, and follow it to its end.',
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    // Whether a token is needed is the installation's choice.
    security: [{}, { bearer: [] }],
    paths,
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  });
