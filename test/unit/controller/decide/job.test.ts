import { describe, expect, test } from '@jest/globals';
import { buildJob } from '../../../../controller/decide/job.ts';
import { definition, ID, RUN_ID, run, stored } from '../../../support/builders.ts';

const built = (fields: Parameters<typeof definition>[0] = {}) => buildJob(run([definition(fields)]), 1, 'job:1');
const container = (fields?: Parameters<typeof definition>[0]) => built(fields).spec.template.spec.containers[0]!;

describe('the Job of a definition', () => {
  test('has the job id as name, the run as owner, and labels to select it by', () => {
    const { metadata, spec } = built();
    const labels = {
      'app.kubernetes.io/managed-by': 'async-api',
      'async-api.dev/group': 'group_a',
      'async-api.dev/job': 'job_a1',
      'async-api.dev/run': RUN_ID,
    };
    expect(metadata).toMatchObject({ name: ID, labels });
    expect(metadata.ownerReferences).toMatchObject([{ name: RUN_ID, uid: 'run-uid', controller: true }]);
    expect(spec.template.metadata.labels).toEqual(labels);
  });

  test('gives its pod the deadline of the definition, and itself 30 s more', () => {
    const spec = built({ activeDeadlineSeconds: 30, backoffLimit: 2 }).spec;
    expect(spec).toMatchObject({ activeDeadlineSeconds: 60, backoffLimit: 2, podReplacementPolicy: 'Failed' });
    expect(spec.template.spec.activeDeadlineSeconds).toBe(30);
  });

  test('does not count a disruption, such as the drain of a node, against backoffLimit', () => {
    expect(built().spec.podFailurePolicy).toEqual({
      rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
    });
  });

  test('is not tried again after some exit codes, and others do not count; the codes are in order, each once', () => {
    const { podFailurePolicy } = built({ failOnExitCodes: [64, 3, 64], ignoreExitCodes: [75] }).spec;
    const onExitCodes = { containerName: 'job', operator: 'In' };
    expect(podFailurePolicy.rules.slice(1)).toEqual([
      { action: 'FailJob', onExitCodes: { ...onExitCodes, values: [3, 64] } },
      { action: 'Ignore', onExitCodes: { ...onExitCodes, values: [75] } },
    ]);
  });

  test('gets the results of the jobs that it needs, unexpanded; of those without a result nothing', () => {
    const names = ['a.b', 'none', 'nul', 'other', 'self'];
    const jobs = names.map((name) => definition({ name }));
    const own = { image: 'i', env: [{ name: 'ASYNC_API_RESULT_A_B', value: 'definition' }] };
    jobs[4] = definition({
      name: 'self',
      sleep: undefined,
      container: own,
      needs: ['a.b', 'none', 'nul', 'earlier', 'empty'],
    });
    const results = ['{"n":"$(WHO)"}', undefined, 'a\0b', 'not needed', undefined];
    const one = run(
      jobs,
      names.map((name, index) => stored('SUCCESS', { name, ...(results[index] && { result: results[index] }) })),
    );
    one.spec.earlierResults = { earlier: 'from before', empty: '', 'a.b': 'of an earlier run' };
    const { env } = buildJob(one, 5, 'job:1').spec.template.spec.containers[0]!;
    expect(env.filter(({ name }) => name.startsWith('ASYNC_API_RESULT'))).toEqual([
      { name: 'ASYNC_API_RESULT_A_B', value: '{"n":"$$(WHO)"}' },
      { name: 'ASYNC_API_RESULT_EARLIER', value: 'from before' },
    ]);
  });

  test('gives its container 10 s to end, and a user, which an image of root needs', () => {
    expect(built().spec.template.spec).toMatchObject({
      terminationGracePeriodSeconds: 10,
      securityContext: { runAsUser: 65532, runAsGroup: 65532 },
    });
  });

  test('runs in a pod without needless privileges', () => {
    expect(built().spec.template.spec).toMatchObject({
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    });
  });

  test('runs simulated work in the job image, with only the options of the definition', () => {
    const sleep = container({ sleep: { seconds: 5, hangProbability: 0.5, exitCode: 3 } });
    expect(sleep.image).toBe('job:1');
    expect(sleep.args).toEqual(['sleep', '--seconds=5', '--hang-probability=0.5', '--exit-code=3']);
    const { args } = container({ sleep: undefined, log: { lines: 20, intervalSeconds: 0.25 } });
    expect(args).toEqual(['log', '--lines=20', '--interval-seconds=0.25']);
  });

  test('runs a custom container with its image, variables and resources', () => {
    const own = {
      image: 'busybox:1',
      args: ['x'],
      env: [{ name: 'A', value: 'b' }],
      resources: { limits: { cpu: '1' } },
    };
    const { image, args, env, resources } = container({ sleep: undefined, container: own });
    expect({ image, args }).toEqual({ image: 'busybox:1', args: ['x'] });
    expect(env).toContainEqual({ name: 'A', value: 'b' });
    expect(env).toContainEqual({ name: 'ASYNC_API_JOB_ID', value: ID });
    expect(resources.limits).toEqual({ cpu: '1', memory: '128Mi' });
  });

  test('gets the parameters of its run unexpanded, and none of them overrides its identity', () => {
    const one = run([definition()]);
    one.spec.parameters = { WHO: 'me', SNEAKY: '$(WHO) $x', ASYNC_API_JOB_ID: 'forged' };
    const { env } = buildJob(one, 1, 'job:1').spec.template.spec.containers[0]!;
    expect(env).toContainEqual({ name: 'WHO', value: 'me' });
    expect(env).toContainEqual({ name: 'SNEAKY', value: '$$(WHO) $$x' });
    expect(env.filter(({ name }) => name === 'ASYNC_API_JOB_ID')).toEqual([{ name: 'ASYNC_API_JOB_ID', value: ID }]);
  });

  test('gets a parameter rather than the variable of that name in its definition', () => {
    const own = {
      image: 'i',
      env: [
        { name: 'WHO', value: 'definition' },
        { name: 'ASYNC_API_GROUP', value: 'forged' },
      ],
    };
    const one = run([definition({ sleep: undefined, container: own })]);
    one.spec.parameters = { WHO: 'parameter' };
    const { env } = buildJob(one, 1, 'job:1').spec.template.spec.containers[0]!;
    const named = (name: string) => env.filter((variable) => variable.name === name).map((variable) => variable.value);
    expect([named('WHO'), named('ASYNC_API_GROUP')]).toEqual([['parameter'], ['group_a']]);
  });

  test('gets the traceparent of its trigger if it is valid', () => {
    const traced = (traceparent: string) => {
      const one = run([definition()]);
      one.metadata.annotations = { 'async-api.dev/traceparent': traceparent };
      return buildJob(one, 1, 'job:1').spec.template.spec.containers[0]!.env;
    };
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(traced(traceparent)).toContainEqual({ name: 'TRACEPARENT', value: traceparent });
    expect(traced('$(ASYNC_API_JOB_ID)').map(({ name }) => name)).not.toContain('TRACEPARENT');
  });
});

test.each([
  [{ requests: { memory: '1Gi' } }, '1Gi', '1Gi'],
  [{ limits: { memory: '16Mi' } }, '16Mi', '16Mi'],
  [{ requests: { memory: '8Mi' }, limits: { memory: '16Mi' } }, '8Mi', '16Mi'],
  [{}, '32Mi', '128Mi'],
])('a container with %j requests %s of memory, with a limit of %s', (resources, request, limit) => {
  const own = container({ sleep: undefined, container: { image: 'i', resources } });
  expect(own.resources).toMatchObject({
    requests: { memory: request },
    limits: { memory: limit },
  });
});
