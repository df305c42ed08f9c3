import * as z from 'zod';
import { Affinity, LabelSelector } from './affinity.ts';
import { HostName, LabelKey, Labels, LabelValue, ObjectName, SearchDomain } from './kubernetes-names.ts';
import { whenValid } from './when-valid.ts';

const Toleration = z
  .strictObject({
    key: LabelKey,
    operator: z.enum(['Exists', 'Equal']).optional(),
    value: LabelValue.optional(),
    effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
    tolerationSeconds: z.int().min(0).optional(),
  })
  .refine(({ operator, value }) => operator !== 'Exists' || !value, {
    path: ['value'],
    error: 'expected an empty value with operator Exists',
    ...whenValid,
  })
  .refine(({ effect, tolerationSeconds }) => effect === 'NoExecute' || tolerationSeconds === undefined, {
    path: ['effect'],
    error: 'expected NoExecute with tolerationSeconds',
    ...whenValid,
  });

const TopologySpreadConstraint = z
  .strictObject({
    maxSkew: z.int().min(1),
    topologyKey: LabelKey,
    whenUnsatisfiable: z.enum(['DoNotSchedule', 'ScheduleAnyway']),
    labelSelector: LabelSelector.optional(),
    minDomains: z.int().min(1).optional(),
  })
  .refine(({ minDomains, whenUnsatisfiable }) => minDomains === undefined || whenUnsatisfiable === 'DoNotSchedule', {
    path: ['minDomains'],
    error: 'expected whenUnsatisfiable: DoNotSchedule with minDomains',
    ...whenValid,
  });

const TopologySpreadConstraints = z
  .array(TopologySpreadConstraint)
  .max(16)
  .superRefine((constraints, { addIssue }) => {
    const kinds = constraints.map(({ topologyKey, whenUnsatisfiable }) => `${topologyKey}, ${whenUnsatisfiable}`);
    for (const [index, kind] of kinds.entries()) {
      if (kinds.indexOf(kind) === index) continue;
      addIssue({ code: 'custom', path: [index], message: `expected {${kind}} only once` });
    }
  }, whenValid);

/** Never 0, which is root: jobs run under the restricted Pod Security Standard. */
const id = z.int().min(1).max(2_147_483_647);
const SecurityContext = z.strictObject({
  runAsUser: id.optional(),
  runAsGroup: id.optional(),
  fsGroup: id.optional(),
  supplementalGroups: z.array(id).max(32).optional(),
});

/** The longest list of `searches`, in characters with a space between two. */
const MAX_SEARCHES_LENGTH = 2048;
const Searches = z
  .array(SearchDomain)
  .max(32)
  .refine((searches) => searches.join(' ').length <= MAX_SEARCHES_LENGTH, {
    error: `expected at most ${MAX_SEARCHES_LENGTH} characters in the whole list`,
    ...whenValid,
  });

const ip = z.union([z.ipv4(), z.ipv6()], 'expected an IP address');

/** The longest that a process may take to end after SIGTERM, seconds. */
export const MAX_TERMINATION_GRACE_SECONDS = 600;

/** Where and as whom a job's pod runs, with Kubernetes' names and meaning (PodSpec of core/v1). A field that is not here is refused. */
export const PodOptions = z
  .strictObject({
    nodeSelector: Labels.optional(),
    tolerations: z.array(Toleration).max(32).optional(),
    affinity: Affinity.optional(),
    topologySpreadConstraints: TopologySpreadConstraints.optional(),
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
      .array(z.strictObject({ ip, hostnames: z.array(HostName).min(1).max(64) }))
      .max(32)
      .optional(),
    dnsConfig: z
      .strictObject({
        nameservers: z.array(ip).max(3).optional(),
        searches: Searches.optional(),
        options: z
          .array(z.strictObject({ name: z.string().min(1).max(253), value: z.string().max(253).optional() }))
          .max(32)
          .optional(),
      })
      .optional(),
  })
  .describe('Where and as whom the pod runs.');
export type PodOptions = z.infer<typeof PodOptions>;
