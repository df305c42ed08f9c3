import { API_GROUP, API_VERSION, PLURAL } from './group-run.ts';

/** API server paths of the collections of a namespace. */
export const paths = (namespace: string) => ({
  runs: `/apis/${API_GROUP}/${API_VERSION}/namespaces/${namespace}/${PLURAL}`,
  jobs: `/apis/batch/v1/namespaces/${namespace}/jobs`,
  pods: `/api/v1/namespaces/${namespace}/pods`,
  events: `/api/v1/namespaces/${namespace}/events`,
  leases: `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
});
