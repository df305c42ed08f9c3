import * as z from 'zod';

const name = z.string().min(1);
const Deploy = z.strictObject({
  kubectl: z.strictObject({}).optional(),
  kubeContext: name,
  statusCheckDeadlineSeconds: z.int().positive().optional(),
});

/**
 * Our excerpt of Skaffold's schema, v4beta13: the fields that skaffold.yaml uses. It catches typing mistakes, but does not
 * show that Skaffold accepts the file.
 */
export const SkaffoldExcerpt = z.strictObject({
  apiVersion: z.literal('skaffold/v4beta13'),
  kind: z.literal('Config'),
  metadata: z.strictObject({ name }),
  build: z.strictObject({
    artifacts: z.array(
      z.strictObject({
        image: name,
        context: name.optional(),
        docker: z.strictObject({ dockerfile: name }).optional(),
      }),
    ),
    tagPolicy: z.strictObject({ inputDigest: z.strictObject({}) }),
    local: z.strictObject({ push: z.boolean(), useDockerCLI: z.boolean() }),
  }),
  test: z.array(
    z.strictObject({
      image: name,
      custom: z.array(
        z.strictObject({
          command: name,
          timeoutSeconds: z.int().positive(),
          dependencies: z.strictObject({ paths: z.array(name) }),
        }),
      ),
    }),
  ),
  manifests: z.strictObject({ kustomize: z.strictObject({ paths: z.array(name) }) }),
  resourceSelector: z.strictObject({
    allow: z.array(
      z.strictObject({ groupKind: name, image: z.array(name), labels: z.array(name), podSpec: z.array(name) }),
    ),
  }),
  deploy: Deploy,
  portForward: z.array(
    z.strictObject({
      resourceType: name,
      resourceName: name,
      namespace: name,
      port: z.int().positive(),
      localPort: z.int().positive(),
    }),
  ),
  profiles: z.array(z.strictObject({ name, deploy: Deploy })),
});
export type SkaffoldExcerpt = z.infer<typeof SkaffoldExcerpt>;
