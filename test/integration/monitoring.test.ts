import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { Progress } from '../../dev/cluster/progress.ts';
import { buildPromtool } from '../../dev/promtool/promtool.ts';
import { dashboard } from '../../scripts/dashboard.ts';
import { blocksRunBy, ROOT } from '../support/doc-blocks.ts';
import { run } from '../support/shell.ts';
import { typeBlocks } from '../support/type-blocks.ts';

const RULES = join(ROOT, 'manifests/monitoring/alerts.yaml');

/** Series for each minute, in promtool's notation, while all is well. */
const HEALTHY: Record<string, string> = {
  'up{job="async-api", component="api", pod="api-1"}': '1x40',
  'async_api_triggers_total{outcome="accepted"}': '0+60x40',
  'async_api_triggers_total{outcome="failed"}': '0x40',
  'http_request_duration_seconds_count{job="async-api", code="202"}': '0+60x40',
  'http_request_duration_seconds_count{job="async-api", code="503"}': '0+1x40',
  'async_api_cache_age_seconds{pod="api-1"}': '0x40',
  'async_api_config_broken{pod="api-1"}': '0x40',
  async_api_active_runs: '5000x40',
  'async_api_status_lag_seconds_bucket{le="1"}': '0+9x40',
  'async_api_status_lag_seconds_bucket{le="10"}': '0+10x40',
  'async_api_status_lag_seconds_bucket{le="30"}': '0+10x40',
  'async_api_status_lag_seconds_bucket{le="+Inf"}': '0+10x40',
  'async_api_controller_leader{pod="controller-1"}': '1x40',
  'async_api_controller_leader{pod="controller-2"}': '0x40',
  'async_api_reconcile_total{result="success"}': '0+60x40',
  'async_api_reconcile_total{result="error"}': '0+1x40',
  // A queue that returns to 0 between its peaks.
  'async_api_workqueue_depth{pod="controller-1"}':
    '0 50 20 0 90 40 0 10 0 80 60 0 50 20 0 90 40 0 10 0 80 60 0 50 0x20',
  'async_api_watch_last_event_age_seconds{pod="controller-1", resource="runs"}': '50x40',
  // Their watch has no bookmarks.
  'async_api_watch_last_event_age_seconds{pod="controller-1", resource="podEvents"}': '5000x40',
};

/** What differs where an alert fires. */
const TROUBLE: Record<string, Record<string, string>> = {
  AsyncApiDown: { 'up{job="async-api", component="api", pod="api-1"}': '0x40' },
  AsyncApiTriggersFail: { 'async_api_triggers_total{outcome="failed"}': '0+1x40' },
  AsyncApiErrors: { 'http_request_duration_seconds_count{job="async-api", code="503"}': '0+10x40' },
  AsyncApiCacheOld: { 'async_api_cache_age_seconds{pod="api-1"}': '0+60x40' },
  AsyncApiConfigBroken: { 'async_api_config_broken{pod="api-1"}': '1x40' },
  AsyncApiActiveRunsNearLimit: { async_api_active_runs: '9500x40' },
  AsyncApiStatusLag: {
    'async_api_status_lag_seconds_bucket{le="10"}': '0+8x40',
    'async_api_status_lag_seconds_bucket{le="1"}': '0x40',
  },
  AsyncApiNoLeader: { 'async_api_controller_leader{pod="controller-1"}': '0x40' },
  AsyncApiTwoLeaders: { 'async_api_controller_leader{pod="controller-2"}': '1x40' },
  AsyncApiReconcilesFail: { 'async_api_reconcile_total{result="error"}': '0+20x40' },
  AsyncApiControllerBehind: { 'async_api_workqueue_depth{pod="controller-1"}': '3x40' },
  AsyncApiWatchSilent: { 'async_api_watch_last_event_age_seconds{pod="controller-1", resource="runs"}': '0+60x40' },
};

const hasGo = spawnSync('go', ['version']).status === 0;
(hasGo ? describe : describe.skip)('with promtool, which Go builds', () => {
  let promtool: string;
  let folder: string;
  beforeAll(async () => {
    promtool = await buildPromtool(new Progress());
    folder = await mkdtemp(join(tmpdir(), 'async-api-alerts-'));
  }, 1_200_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Rejects unless exactly these alerts fire after half an hour of these series. */
  async function expectFiring(names: string[], series: Record<string, string>): Promise<void> {
    const samples = names.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 }));
    const cases = {
      rule_files: [RULES],
      tests: [
        {
          interval: '1m',
          input_series: Object.entries(series).map(([series, values]) => ({ series, values })),
          promql_expr_test: [
            { expr: 'count by (alertname) (ALERTS{alertstate="firing"})', eval_time: '30m', exp_samples: samples },
          ],
        },
      ],
    };
    const file = join(folder, 'cases.yaml');
    await writeFile(file, stringify(cases));
    await run(promtool, ['test', 'rules', file]);
  }

  test('the commands of docs/operations.md find nothing wrong with rules and configuration', async () => {
    const PATH = [dirname(promtool), process.env.PATH].join(delimiter);
    await typeBlocks(blocksRunBy(import.meta.filename), { adapt: (text) => text, environment: { PATH } });
  });

  test('each query of the dashboard is PromQL', async () => {
    const { panels } = dashboard() as { panels: { targets?: { expr: string }[] }[] };
    const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(queries.length).toBeGreaterThan(15);
    const rules = queries.map((expr, index) => ({
      record: `query_${index}`,
      expr: expr.replaceAll('$__rate_interval', '5m'),
    }));
    const file = join(folder, 'queries.yaml');
    await writeFile(file, stringify({ groups: [{ name: 'dashboard', rules }] }));
    await run(promtool, ['check', 'rules', file]);
  });

  test('no alert fires while all is well', () => expectFiring([], HEALTHY));

  test('there is trouble for each alert', async () => {
    const [{ rules }] = parse(await readFile(RULES, 'utf8')).groups;
    expect(Object.keys(TROUBLE)).toEqual(rules.map(({ alert }: { alert: string }) => alert));
  });

  test.each(Object.entries(TROUBLE))('%s, and no other alert, fires where %j', (alert, series) =>
    expectFiring([alert], { ...HEALTHY, ...series }),
  );

  test('no leader is noticed also where no controller is scraped', () => {
    const series = Object.entries(HEALTHY).filter(([name]) => !name.includes('controller'));
    return expectFiring(['AsyncApiNoLeader'], Object.fromEntries(series));
  });
});
