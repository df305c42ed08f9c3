import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { createMetrics as apiMetrics } from '../../../api/metrics.ts';
import { createMetrics as controllerMetrics } from '../../../controller/metrics.ts';
import { dashboard } from '../../../scripts/dashboard.ts';
import { ROOT } from '../../support/doc-blocks.ts';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
interface Rule {
  alert: string;
  expr: string;
}
const rules: Rule[] = parse(read('manifests/monitoring/alerts.yaml')).groups.flatMap(
  ({ rules }: { rules: Rule[] }) => rules,
);
const { panels } = dashboard() as { panels: { title: string; targets?: { expr: string }[] }[] };
const queries = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }): [string, string] => [title, expr]));
const alerts = rules.map(({ alert, expr }): [string, string] => [alert, expr]);

/** What the cache of each resource tells to the metrics. */
const cache = { watchIdleSeconds: 0, size: 0 };
const caches = { runs: cache, jobs: cache, pods: cache, failedCreates: cache, podEvents: cache } as never;
const registries = [
  apiMetrics({
    runs: () => ({ active: { total: 0 }, cacheAgeSeconds: 0 }) as never,
    longLivedResponses: () => 0,
    configIsBroken: () => false,
  }).registry,
  controllerMetrics({ caches, leads: () => true, queueDepth: () => 0 }).registry,
];
/** Every metric of the two processes, with its labels. */
const metrics = new Map(
  registries.flatMap((registry) =>
    registry
      .getMetricsAsArray()
      .map((metric): [string, string[]] => [metric.name, (metric as unknown as { labelNames: string[] }).labelNames]),
  ),
);
/** Set by Prometheus (manifests/monitoring/prometheus.yaml), not by us. */
const SCRAPE_LABELS = ['job', 'component', 'pod', 'le'];
const NAME = /\b(?:async_api|http|process|nodejs)_[a-z0-9_]+/g;
/** Of a series of a histogram, the metric. */
const metricOf = (series: string): string =>
  metrics.has(series) ? series : series.replace(/_(bucket|sum|count)$/, '');

test.each([...queries, ...alerts])('%s asks only for metrics and labels that exist: %s', (_title, expr) => {
  const used = (expr.match(NAME) ?? []).map(metricOf);
  expect(used.filter((name) => !metrics.has(name))).toEqual([]);
  const labels = [
    ...[...expr.matchAll(/(\w+)=~?"/g)].map(([, label]) => label!),
    ...[...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(', ')),
  ];
  const known = [...SCRAPE_LABELS, ...used.flatMap((name) => metrics.get(name) ?? [])];
  expect(labels.filter((label) => !known.includes(label))).toEqual([]);
  if (!expr.includes('up{')) expect(used).not.toEqual([]);
});

test('the dashboard shows every metric of ours', () => {
  const ours = [...metrics.keys()].filter((name) => /^(async_api|http)_/.test(name));
  expect(ours.length).toBeGreaterThan(12);
  const shown = queries.flatMap(([, expr]) => (expr.match(NAME) ?? []).map(metricOf));
  expect(ours.filter((name) => !shown.includes(name))).toEqual([]);
});

test('each alert and each query names a job where the metric is not ours alone', () => {
  for (const [title, expr] of [...queries, ...alerts]) {
    for (const [, labels] of expr.matchAll(/\b(?:http|process|nodejs)_[a-z0-9_]+(\{[^}]*\})?/g))
      expect({ title, labels }).toEqual({ title, labels: expect.stringContaining('job="async-api"') });
  }
});

test('the runbook has a row for each alert, and no other', () => {
  const section = read('docs/operations.md')
    .split('\n## ')
    .find((one) => one.startsWith('Runbook\n'))!;
  const rows = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(rows.toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
});
