import { stringify } from 'yaml';

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; annotations?: Record<string, string> | string };
  [field: string]: unknown;
}

/** From a text in kustomize's output to the value of the chart that takes its place. */
export type Sentinels = Record<string, string>;

/** The values that hold whole files, by the names of the files. */
export const CONFIG_FILES = { config: 'config.yaml', bounds: 'bounds.yaml' };
const CONFIG = 'async-api-config';
const KEEP = { 'helm.sh/resource-policy': 'keep' };
/** Those of bounds.yaml, which is a patch of the namespace. In backticks, because templateText removes the quotes around an expression. */
const NAMESPACE_ANNOTATIONS =
  'merge (dict `helm.sh/resource-policy` `keep`) ((.Values.bounds | fromYaml).metadata.annotations | default dict) | toJson';

/** Stands for a template expression in an object. */
const expression = (text: string): string => `{{ ${text} }}`;

/** The object of kustomize's output with expressions in the fields that are values of the chart. */
export function chartObject(object: KubernetesObject): KubernetesObject {
  switch (`${object.kind} ${object.metadata.name.replace(/^(async-api-config)-\w+$/, '$1')}`) {
    // helm uninstall must not delete what all runs, and the secrets of the namespace, would be deleted with.
    case 'Namespace values-namespace':
      return { ...object, metadata: { ...object.metadata, annotations: expression(NAMESPACE_ANNOTATIONS) } };
    case 'CustomResourceDefinition groupruns.async-api.dev':
      return withAnnotations(object, KEEP);
    case 'ConfigMap async-api-config':
      return { ...object, metadata: { ...object.metadata, name: CONFIG }, data: fileValues() };
    case 'HorizontalPodAutoscaler async-api':
      return withSpec(object, {
        minReplicas: expression('.Values.replicas.apiMin'),
        maxReplicas: expression('.Values.replicas.apiMax'),
      });
    case 'Deployment async-api-controller':
      return withSpec(object, { replicas: expression('.Values.replicas.controller') });
    case 'Deployment async-api':
      return withConfigHash(object);
    default:
      return object;
  }
}

const fileValues = () =>
  Object.fromEntries(
    Object.entries(CONFIG_FILES).map(([value, file]) => [file, expression(`.Values.${value} | toJson`)]),
  );

const withAnnotations = (object: KubernetesObject, annotations: Record<string, string>): KubernetesObject => ({
  ...object,
  metadata: { ...object.metadata, annotations: { ...Object(object.metadata.annotations), ...annotations } },
});

const withSpec = (object: KubernetesObject, fields: Record<string, unknown>): KubernetesObject => ({
  ...object,
  spec: { ...(object.spec as object), ...fields },
});

/** With a fixed name of the ConfigMap, and its hash in the pods: a change of the files rolls the API out, as with kustomize. */
function withConfigHash(object: KubernetesObject): KubernetesObject {
  const named = JSON.parse(JSON.stringify(object).replaceAll(/async-api-config-\w{10}/g, CONFIG)) as KubernetesObject;
  const { template } = named.spec as { template: KubernetesObject };
  const hash = expression('list .Values.config .Values.bounds | toJson | sha256sum');
  return withSpec(named, { template: withAnnotations(template, { 'async-api.dev/config-hash': hash }) });
}

/** The object as a template, with the values in place of their sentinels. */
export function templateText(object: KubernetesObject, sentinels: Sentinels): string {
  // YAML 1.1, which Helm reads: an unquoted `off` is a boolean there.
  const text = stringify(object, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
  // An expression is a whole value, and says itself how it is quoted.
  const withExpressions = text.replaceAll(/"(\{\{ .* \}\})"$/gm, '$1');
  return Object.entries(sentinels).reduce((done, [from, to]) => done.replaceAll(from, `{{ ${to} }}`), withExpressions);
}
