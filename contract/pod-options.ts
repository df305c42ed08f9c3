import * as z from 'zod';
import { Affinity, LabelKey, LabelSelector, Labels } from './affinity.ts';
import { ObjectName } from './container.ts';

const Toleration = z.strictObject({
  key: LabelKey,
  operator: z.enum(['Exists', 'Equal']).optional(),
  value: z.string().max(63).optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  tolerationSeconds: z.int().min(0).optional(),
});

const TopologySpreadConstraint = z.strictObject({
  maxSkew: z.int().min(1),
  topologyKey: LabelKey,
  whenUnsatisfiable: z.enum(['DoNotSchedule', 'ScheduleAnyway']),
  labelSelector: LabelSelector.optional(),
  minDomains: z.int().min(1).optional(),
});

/** Never 0, which is root: jobs run under the restricted Pod Security Standard. */
const id = z.int().min(1).max(2_147_483_647);
const SecurityContext = z.strictObject({
  runAsUser: id.optional(),
  runAsGroup: id.optional(),
  fsGroup: id.optional(),
  supplementalGroups: z.array(id).max(32).optional(),
});

const host = z.string().min(1).max(253);
const ip = z.union([z.ipv4(), z.ipv6()], 'expected an IP address');

/** The longest that a process may take to end after SIGTERM, seconds. */
export const MAX_TERMINATION_GRACE_SECONDS = 600;

/** Where and as whom a job's pod runs, with Kubernetes' names and meaning (PodSpec of core/v1). A field that is not here is refused. */
export const PodOptions = z
  .strictObject({
    nodeSelector: Labels.optional(),
    tolerations: z.array(Toleration).max(32).optional(),
    affinity: Affinity.optional(),
    topologySpreadConstraints: z.array(TopologySpreadConstraint).max(16).optional(),
    priorityClassName: ObjectName.optional(),
    runtimeClassName: ObjectName.optional(),
    schedulerName: ObjectName.optional(),
    serviceAccountName: ObjectName.describe('Only with it the pod gets a token, that of this account.').optional(),
    imagePullSecrets: z
      .array(z.strictObject({ name: ObjectName }))
      .max(16)
      .optional(),
    securityContext: SecurityContext.optional(),
    terminationGracePeriodSeconds: z
      .int()
      .min(0)
      .max(MAX_TERMINATION_GRACE_SECONDS)
      .describe('How long the process has to end after SIGTERM; 10 if not given.')
      .optional(),
    hostAliases: z
      .array(z.strictObject({ ip, hostnames: z.array(host).min(1).max(64) }))
      .max(32)
      .optional(),
    dnsConfig: z
      .strictObject({
        nameservers: z.array(ip).max(3).optional(),
        searches: z.array(host).max(32).optional(),
        options: z
          .array(z.strictObject({ name: host, value: z.string().max(253).optional() }))
          .max(32)
          .optional(),
      })
      .optional(),
  })
  .describe('Where and as whom the pod runs.');
export type PodOptions = z.infer<typeof PodOptions>;
