import { paths } from '../../contract/paths.ts';
import type { Event, Job, Pod } from '../../controller/decide/types.ts';
import { JOB_NAME_LABEL, Observer } from '../../controller/observe.ts';
import { Tombstones } from '../../controller/tombstones.ts';
import { ApiError } from '../../kube/api-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import { ID, RUN_ID } from './builders.ts';

interface Objects {
  jobs?: Job[];
  pods?: Pod[];
}

interface World {
  /** What the API server holds; an error is its answer to each request. */
  live?: Objects | Error;
  cached?: Objects & { failedCreates?: Event[] };
  /** What the watches saw last of deleted objects. */
  deleted?: Objects;
}

const JOB_UID_LABEL = 'batch.kubernetes.io/controller-uid';

/** This pod as a pod of the Job with this name and UID, with the labels that the Job controller sets. */
export const labelled = (pod: Pod, jobUID = 'job-uid', jobName = ID): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, labels: { [JOB_NAME_LABEL]: jobName, [JOB_UID_LABEL]: jobUID } },
});

const jobNameOf = (pod: Pod) => pod.metadata.labels?.[JOB_NAME_LABEL];

/** An Observer of an API server and caches in memory, with the requests it made. */
export function startObserver({ live = {}, cached = {}, deleted = {} }: World) {
  const urls = paths('test');
  const requests: string[] = [];
  const request = (async (method, path, options) => {
    const selector = options?.query?.labelSelector;
    requests.push([method, path.replace(urls.jobs, 'jobs').replace(urls.pods, 'pods'), selector].join(' ').trim());
    if (live instanceof Error) throw live;
    if (path === urls.pods) {
      const names = /^batch\.kubernetes\.io\/job-name in \((.*)\)$/.exec(String(selector))?.[1]?.split(',');
      return { items: live.pods?.filter((pod) => names?.includes(jobNameOf(pod) ?? '') ?? true) };
    }
    const found = live.jobs?.find(({ metadata }) => path === `${urls.jobs}/${metadata.name}`);
    if (!found) throw new ApiError(404, 'NotFound', 'not found');
    return found;
  }) as KubeClient['request'];
  const tombstones = new Tombstones();
  for (const job of deleted.jobs ?? []) tombstones.addJob(job);
  for (const pod of deleted.pods ?? []) tombstones.addPod(pod);
  const caches = {
    runs: { get: () => undefined },
    jobs: { byIndex: (runId: string) => (runId === RUN_ID ? (cached.jobs ?? []) : []) },
    pods: { byIndex: (name: string) => cached.pods?.filter((pod) => jobNameOf(pod) === name) ?? [] },
    failedCreates: {
      byIndex: (name: string) =>
        cached.failedCreates?.filter(({ involvedObject }) => involvedObject.name === name) ?? [],
    },
    podEvents: { byIndex: () => [] },
    tombstones,
  };
  return { requests, tombstones, observer: new Observer({ request }, caches, urls) };
}
