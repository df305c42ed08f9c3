import type { JobDefinition } from '../../contract/job-definition.ts';
import { JOB_CONTAINER } from '../../contract/labels.ts';
import type { Resources } from '../../contract/resources.ts';
import type { environment } from './environment.ts';

const RESOURCES = { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '500m', memory: '128Mi' } };
const USER = { runAsUser: 65532, runAsGroup: 65532 };

/** How long a process has to end after SIGTERM, seconds. */
export const terminationGraceSeconds = ({ pod }: Pick<JobDefinition, 'pod'>): number =>
  pod?.terminationGracePeriodSeconds ?? 10;

/** The pod of a job. It meets the restricted Pod Security Standard whatever the definition says. */
export function podSpec(definition: JobDefinition, env: ReturnType<typeof environment>, jobImage: string) {
  const { container: own, pod: { securityContext, ...pod } = {}, volumes } = definition;
  return {
    ...pod,
    restartPolicy: 'Never',
    activeDeadlineSeconds: definition.activeDeadlineSeconds,
    automountServiceAccountToken: pod.serviceAccountName !== undefined,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: terminationGraceSeconds(definition),
    securityContext: {
      ...USER,
      ...securityContext,
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(volumes && { volumes }),
    containers: [
      {
        ...own,
        name: JOB_CONTAINER,
        image: own?.image ?? jobImage,
        imagePullPolicy: own?.imagePullPolicy ?? 'IfNotPresent',
        ...(own ? {} : { args: simulatedWork(definition) }),
        env,
        resources: resources(own?.resources ?? {}),
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        // Puts the last log lines of a failed container into the pod's status.
        terminationMessagePolicy: 'FallbackToLogsOnError',
      },
    ],
  };
}

/** A request without a limit also sets the limit, and vice versa: a default limit could be lower than the request. */
const resources = ({ requests, limits }: Resources) => ({
  requests: { ...RESOURCES.requests, ...limits, ...requests },
  limits: { ...RESOURCES.limits, ...requests, ...limits },
});

/** Arguments for the job image, such as `sleep --seconds=5 --hang-probability=0.5`. */
function simulatedWork({ sleep, log }: JobDefinition): string[] {
  const flags = sleep ?? log ?? {};
  const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return [sleep ? 'sleep' : 'log', ...Object.entries(flags).map(([name, value]) => `--${kebab(name)}=${value}`)];
}
