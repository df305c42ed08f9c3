import * as z from 'zod';
import { Container } from './container.ts';
import { exactlyOneOf } from './exactly-one.ts';
import { Name } from './name.ts';
import { PodOptions } from './pod-options.ts';
import { Volume } from './volume.ts';
import { whenValid } from './when-valid.ts';

/** The kubelet keeps no more of a termination message, bytes. */
export const MAX_RESULT_BYTES = 4096;
/** Maximum of jobs that one job waits for. */
export const MAX_NEEDS = 20;

const Probability = z.number().min(0).max(1);

const simulated = {
  hangProbability: Probability.optional().describe('Probability (0 to 1) that the job runs forever.'),
  failProbability: Probability.optional().describe('Probability (0 to 1) that the job fails with exitCode.'),
  exitCode: z.int().min(1).max(255).optional().describe('Exit code of a failing job; 1 if not given.'),
  result: z.string().max(MAX_RESULT_BYTES).optional().describe('The result of a job that succeeds.'),
};

export const Sleep = z
  .strictObject({ seconds: z.number().min(0).max(86_400), ...simulated })
  .describe('Simulated work: sleep, then succeed.');

export const Log = z
  .strictObject({
    lines: z.int().min(0).max(1_000_000),
    intervalSeconds: z.number().min(0).max(3600).optional().describe('Pause between two lines; 1 if not given.'),
    ...simulated,
  })
  .describe('Simulated work: print numbered lines, then succeed.');

/** The kinds of work. A job definition has exactly one. */
export const work = { sleep: Sleep.optional(), log: Log.optional(), container: Container.optional() };
export const KINDS_OF_WORK = Object.keys(work);

/** Limits of a job, with Kubernetes' names and meaning; pendingDeadlineSeconds is ours. */
export const limits = {
  activeDeadlineSeconds: z.int().min(1).max(604_800).describe('A job that is not done after this many seconds fails.'),
  pendingDeadlineSeconds: z.int().min(1).max(604_800).describe('A job that cannot start for this long fails.'),
  backoffLimit: z.int().min(0).max(20).describe('How many times a failed pod is tried again.'),
};

const ExitCodes = z.array(z.int().min(1).max(255)).min(1).max(32);

/** What a job may have beside its work and its limits. */
export const options = {
  volumes: z.array(Volume).max(32).describe('What volumeMounts of the container may name.').optional(),
  pod: PodOptions.optional(),
  needs: z
    .array(Name)
    .min(1)
    .max(MAX_NEEDS)
    .describe('Jobs of the same group that must succeed before this one starts.')
    .optional(),
  failOnExitCodes: ExitCodes.describe('Exit codes after which a failed pod is not tried again.').optional(),
  ignoreExitCodes: ExitCodes.describe('Exit codes that do not count against backoffLimit.').optional(),
};

type Options = { [field in keyof typeof options]?: z.infer<(typeof options)[field]> | undefined };

/** What no single field tells: whether the fields of a job fit together. */
export function checkJob(
  {
    container,
    volumes = [],
    failOnExitCodes = [],
    ignoreExitCodes = [],
  }: Options & { container?: Container | undefined },
  { addIssue }: Pick<z.RefinementCtx, 'addIssue'>,
): void {
  const issue = (path: (string | number)[], message: string) => addIssue({ code: 'custom', path, message });
  if (volumes.length > 0 && !container) issue(['volumes'], 'expected volumes only beside container');
  const names = volumes.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) < index) issue(['volumes', index, 'name'], 'expected a name that no other volume has');
  }
  const mounts = container?.volumeMounts ?? [];
  const mountPaths = mounts.map(({ mountPath }) => mountPath);
  for (const [index, { name, mountPath }] of mounts.entries()) {
    const path = ['container', 'volumeMounts', index];
    if (!names.includes(name)) issue([...path, 'name'], `expected the name of one of volumes, got "${name}"`);
    if (mountPaths.indexOf(mountPath) < index) issue([...path, 'mountPath'], 'expected a path that no other mount has');
  }
  const both = failOnExitCodes.find((code) => ignoreExitCodes.includes(code));
  if (both !== undefined) issue(['ignoreExitCodes'], `expected no code of failOnExitCodes, got ${both}`);
}

/** One job of a run: the resolved definition, a snapshot from when the run was accepted. */
export const JobDefinition = z
  .strictObject({ name: Name, ...work, ...options, ...limits })
  .refine(...exactlyOneOf(...KINDS_OF_WORK))
  .superRefine(checkJob, whenValid);
export type JobDefinition = z.infer<typeof JobDefinition>;
