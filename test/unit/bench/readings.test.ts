import { expect, test } from '@jest/globals';
import { callsBetween, parseCalls } from '../../../bench/calls.ts';
import { cpuDuring, parseCpuSeconds } from '../../../bench/cpu.ts';
import { mebibytes, memoryMiB } from '../../../bench/memory.ts';

const METRICS = `# HELP apiserver_request_total [STABLE] Counter of apiserver requests.
# TYPE apiserver_request_total counter
apiserver_request_total{code="201",component="apiserver",dry_run="",group="batch",resource="jobs",scope="resource",subresource="",verb="POST",version="v1"} 900
apiserver_request_total{code="409",component="apiserver",dry_run="",group="batch",resource="jobs",scope="resource",subresource="",verb="POST",version="v1"} 2
apiserver_request_total{code="200",component="apiserver",dry_run="",group="async-api.dev",resource="groupruns",scope="resource",subresource="status",verb="PATCH",version="v1alpha1"} 1.54e+03
apiserver_request_terminations_total{code="504",resource="jobs",verb="POST"} 7
`;

test('calls are counted by verb, resource and subresource, whatever their code', () => {
  expect([...parseCalls(METRICS)]).toEqual([
    ['POST jobs', 902],
    ['PATCH groupruns/status', 1540],
  ]);
});

test('the calls of a while are those that were not there before it', () => {
  const before = new Map([
    ['POST jobs', 900],
    ['GET pods', 5],
  ]);
  const after = new Map([...before, ['POST jobs', 903], ['PUT leases', 1]] as [string, number][]);
  expect([...callsBetween(before, after)]).toEqual([
    ['POST jobs', 3],
    ['PUT leases', 1],
  ]);
});

test('CPU seconds are user and system time, also of a process with spaces and parentheses in its name', () => {
  const stat = '42 (a (b) c) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 12 0 4711 1000 200';
  expect(parseCpuSeconds(stat)).toBe(3);
});

test('the CPU of this process grows while it works', async () => {
  const { cpu, total, seconds } = await cpuDuring([{ name: 'test', pid: process.pid }], async () => {
    const until = performance.now() + 200;
    while (performance.now() < until);
  });
  expect(cpu.test).toBeGreaterThan(0);
  expect(total).toBe(cpu.test);
  expect(seconds).toBeGreaterThanOrEqual(0.2);
});

test('the memory of this process is at most its peak', async () => {
  const { resident, peak } = await memoryMiB(process.pid);
  expect(resident).toBeGreaterThan(10);
  expect(peak).toBeGreaterThanOrEqual(resident);
});

test.each([
  ['512Mi', 512],
  ['1Gi', 1024],
])('%s is %d MiB', (quantity, expected) => {
  expect(mebibytes(quantity)).toBe(expected);
});

test('an unknown unit of memory is an error', () => {
  expect(() => mebibytes('500M')).toThrow('Expected Mi or Gi, got 500M');
});
