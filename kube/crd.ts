import { z } from 'zod';
import { API_GROUP, API_VERSION, GroupRunSpec, GroupRunStatus, KIND, PLURAL } from './group-run.ts';

type Schema = Record<string, unknown> & { properties?: Record<string, Schema>; items?: Schema };

const rule = (expression: string, message: string) => ({ rule: expression, message });
/** A field that keeps its value, or its absence. */
const unchanged = (field: string) =>
  `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`;

/** The GroupRun CustomResourceDefinition, made from the zod schemas. The API server itself keeps its CEL rules. */
export function groupRunCrd() {
  const spec = structural(z.toJSONSchema(GroupRunSpec) as Schema);
  const status = structural(z.toJSONSchema(GroupRunStatus) as Schema);
  spec['x-kubernetes-validations'] = [
    rule('self.group == oldSelf.group', 'group is immutable'),
    rule('self.jobs == oldSelf.jobs', 'jobs are immutable'),
    rule(unchanged('parameters'), 'parameters are immutable'),
    rule(unchanged('rerunOf'), 'rerunOf is immutable'),
    rule(
      '!(has(oldSelf.cancel) && oldSelf.cancel) || (has(self.cancel) && self.cancel)',
      'a cancel is not undone: expected cancel to stay true',
    ),
  ];
  listMap(spec.properties!.jobs!, 'name').items!['x-kubernetes-validations'] = [
    rule(
      '(has(self.sleep) ? 1 : 0) + (has(self.log) ? 1 : 0) + (has(self.container) ? 1 : 0) == 1',
      'expected exactly one of sleep, log and container',
    ),
  ];
  listMap(status.properties!.conditions!, 'type');
  listMap(status.properties!.jobs!, 'name').items!['x-kubernetes-validations'] = [
    rule(
      "!(oldSelf.state in ['SUCCESS', 'FAILURE', 'REVOKED']) || self.state == oldSelf.state",
      'a terminal state never changes',
    ),
  ];
  const column = (name: string, type: string, jsonPath: string) => ({ name, type, jsonPath });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURAL}.${API_GROUP}` },
    spec: {
      group: API_GROUP,
      names: { kind: KIND, listKind: `${KIND}List`, plural: PLURAL, singular: 'grouprun', shortNames: ['gr'] },
      scope: 'Namespaced',
      versions: [
        {
          name: API_VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            column('Group', 'string', '.spec.group'),
            column('State', 'string', '.status.state'),
            column('Succeeded', 'string', '.status.succeeded'),
            { ...column('Finished', 'date', '.status.finishedAt'), priority: 1 },
            column('Age', 'date', '.metadata.creationTimestamp'),
          ],
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description:
                'One trigger of a group: its jobs as they were when it was accepted, and what became of them.',
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec,
                status,
              },
            },
          },
        },
      ],
    },
  };
}

function listMap(schema: Schema, key: string): Schema {
  schema['x-kubernetes-list-type'] = 'map';
  schema['x-kubernetes-list-map-keys'] = [key];
  return schema;
}

/**
 * JSON Schema 2020-12 → what Kubernetes calls structural: no `$schema`, and no `additionalProperties: false` beside
 * properties (unknown fields are pruned, or refused by the client's field validation).
 */
function structural(schema: Schema): Schema {
  const { $schema, propertyNames, additionalProperties, properties, items, ...rest } = schema;
  return {
    ...rest,
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: structural(additionalProperties as Schema), maxProperties: 64 }
      : {}),
    ...(properties
      ? { properties: Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, structural(value)])) }
      : {}),
    ...(items ? { items: structural(items) } : {}),
  };
}
