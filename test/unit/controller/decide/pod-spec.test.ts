import { describe, expect, test } from '@jest/globals';
import { JobDefinition } from '../../../../contract/job-definition.ts';
import { podSpec, terminationGraceSeconds } from '../../../../controller/decide/pod-spec.ts';
import { definition } from '../../../support/builders.ts';
import { CORRECT } from '../../../support/pod-fields/correct.ts';

const podOf = (fields: object) => podSpec(definition(fields), [{ name: 'ASYNC_API_GROUP', value: 'g' }], 'job:1');
const withContainer = (fields: object) => podOf({ sleep: undefined, container: { image: 'own:1', ...fields } });
const containerOf = (fields: object) => withContainer(fields).containers[0]!;

const FIXED = {
  name: 'job',
  image: 'own:1',
  imagePullPolicy: 'IfNotPresent',
  env: [{ name: 'ASYNC_API_GROUP', value: 'g' }],
  resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '500m', memory: '128Mi' } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
  terminationMessagePolicy: 'FallbackToLogsOnError',
};

describe('a container', () => {
  test('has nothing that is not given, beside what all have', () => {
    expect(containerOf({})).toEqual(FIXED);
  });

  test.each([
    ['imagePullPolicy', 'Always'],
    ['command', ['a', 'b']],
    ['args', ['a', 'b']],
    ['workingDir', '/data'],
    ['envFrom', [{ prefix: 'A_', secretRef: { name: 'a', optional: true } }]],
    ['volumeMounts', [{ name: 'v', mountPath: '/v', subPath: 'a', readOnly: true }]],
  ])('has its %s as given', (field, value) => {
    expect(containerOf({ [field]: value })).toEqual({ ...FIXED, [field]: value });
  });

  test('without an image runs its command in the job image', () => {
    const { image, command, args } = containerOf({ image: undefined, command: ['node', '-e', '1'], args: ['a'] }) as {
      image: string;
      command: string[];
      args: string[];
    };
    expect({ image, command, args }).toEqual({ image: 'job:1', command: ['node', '-e', '1'], args: ['a'] });
  });

  test('without a command in the job image gets no arguments of simulated work', () => {
    expect(containerOf({ image: undefined })).not.toHaveProperty('args');
  });

  test.each([
    [{ limits: { 'nvidia.com/gpu': 1 } }, { 'nvidia.com/gpu': 1 }, { 'nvidia.com/gpu': 1 }],
    [{ requests: { 'ephemeral-storage': '1Gi' } }, { 'ephemeral-storage': '1Gi' }, { 'ephemeral-storage': '1Gi' }],
    [{ requests: { cpu: '0' }, limits: { cpu: '2' } }, { cpu: '0' }, { cpu: '2' }],
  ])(
    'with resources %j has requests %j and limits %j, and the defaults of the others',
    (resources, requests, limits) => {
      expect(containerOf({ resources }).resources).toEqual({
        requests: { ...FIXED.resources.requests, ...requests },
        limits: { ...FIXED.resources.limits, ...limits },
      });
    },
  );
});

describe('a pod', () => {
  test.each(Object.entries(CORRECT['every field of a pod']!.pod!).filter(([field]) => field !== 'securityContext'))(
    'has its %s as given',
    (field, value) => {
      expect(podOf({ pod: { [field]: value } })).toMatchObject({ [field]: value });
    },
  );

  test('has its volumes as given', () => {
    const { volumes } = CORRECT['every kind of volume']!;
    expect(podOf({ volumes })).toMatchObject({ volumes });
    expect(podOf({})).not.toHaveProperty('volumes');
  });

  test('has a token only with a service account', () => {
    expect(podOf({ pod: { schedulerName: 'a' } }).automountServiceAccountToken).toBe(false);
    expect(podOf({ pod: { serviceAccountName: 'a' } }).automountServiceAccountToken).toBe(true);
  });

  test('has the ids of its securityContext, and stays as restricted as it was', () => {
    const securityContext = { runAsUser: 1000, runAsGroup: 2000, fsGroup: 3000, supplementalGroups: [4000] };
    expect(podOf({ pod: { securityContext } }).securityContext).toEqual({
      ...securityContext,
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(podOf({ pod: { securityContext: { fsGroup: 3000 } } }).securityContext).toMatchObject({
      runAsUser: 65532,
      runAsGroup: 65532,
      fsGroup: 3000,
    });
  });

  test('has 10 s to end if not given, and none if given 0', () => {
    expect([{}, { pod: {} }, { pod: { terminationGracePeriodSeconds: 0 } }].map(terminationGraceSeconds)).toEqual([
      10, 10, 0,
    ]);
  });

  test('of a run that was made with kubectl cannot loosen what a definition may not set', () => {
    const pod = { hostNetwork: true, automountServiceAccountToken: true };
    const problems = JobDefinition.safeParse(definition({ pod } as object)).error?.issues;
    expect(problems).toMatchObject([{ code: 'unrecognized_keys', path: ['pod'], keys: Object.keys(pod) }]);
  });
});
