import type { JobDefinition } from '../../contract/job-definition.ts';
import { JOB_CONTAINER } from '../../contract/labels.ts';

/** What a failed pod of the job means; the first rule that matches it counts, and without one it counts against backoffLimit. */
export const podFailurePolicy = ({ failOnExitCodes, ignoreExitCodes }: JobDefinition) => ({
  rules: [
    // A disruption, such as draining a node, does not count against backoffLimit, whatever the exit code.
    { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    ...exitCodeRule('FailJob', failOnExitCodes),
    ...exitCodeRule('Ignore', ignoreExitCodes),
  ],
});

/** Kubernetes wants the values in order, each once. */
const exitCodeRule = (action: 'FailJob' | 'Ignore', codes: number[] = []) => {
  const values = [...new Set(codes)].sort((a, b) => a - b);
  return values.length === 0 ? [] : [{ action, onExitCodes: { containerName: JOB_CONTAINER, operator: 'In', values } }];
};
