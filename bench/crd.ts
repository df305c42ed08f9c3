import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import type { RawClient } from './raw.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export interface Crd {
  metadata: { name: string };
  spec: {
    group: string;
    names: { plural: string; kind: string; shortNames?: string[] };
    versions: { name: string; schema: { openAPIV3Schema: Schema } }[];
  };
}

interface Schema {
  type?: string;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
}

export const readCrd = async (file: string): Promise<Crd> => parse(await readFile(file, 'utf8')) as Crd;

/** The CRD without its schema: the API server stores what it gets. */
export function withoutSchema(crd: Crd): Crd {
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const versions = crd.spec.versions.map((version) => ({ ...version, schema: { openAPIV3Schema } }));
  return { ...crd, spec: { ...crd.spec, versions } };
}

/** Whether each entry of the status must have an id, which can be derived from its position. */
export const needsIds = ({ spec }: Crd): boolean =>
  spec.versions[0]!.schema.openAPIV3Schema.properties?.status?.properties?.jobs?.items?.required?.includes('id') ??
  false;

export interface Installed {
  apiVersion: string;
  /** The path of the collection in a namespace. */
  path(namespace: string): string;
  uninstall(): Promise<void>;
}

/** Installs the CRD under another API group, beside the product's. Resolves when the API server serves its objects. */
export async function installCrd(raw: RawClient, crd: Crd, group: string): Promise<Installed> {
  const { plural, shortNames: _, ...names } = crd.spec.names;
  const name = `${plural}.${group}`;
  await raw.request('POST', CRDS, {
    ...crd,
    metadata: { name },
    spec: { ...crd.spec, group, names: { ...names, plural } },
  });
  const apiVersion = `${group}/${crd.spec.versions[0]!.name}`;
  const path = (namespace: string) => `/apis/${apiVersion}/namespaces/${namespace}/${plural}`;
  const isServed = () =>
    raw.text('GET', path('default')).then(
      () => true,
      () => false,
    );
  for (let tries = 0; !(await isServed()); tries++) {
    if (tries === 200) throw new Error(`The API server does not serve ${name} after 20 s`);
    await sleep(100);
  }
  return { apiVersion, path, uninstall: async () => void (await raw.text('DELETE', `${CRDS}/${name}`)) };
}
