/** A panel: its title, what it tells, the unit of Grafana, and its queries with their legends. */
type PanelText = [title: string, description: string, unit: string, queries: [expr: string, legend: string][]];

/** Of both processes and of HTTP there are such metrics elsewhere too. */
const JOB = 'job="async-api"';
const quantile = (which: number, name: string, labels = ''): string =>
  `histogram_quantile(${which}, sum by (le) (rate(${name}_bucket${labels}[$__rate_interval])))`;

const ROWS: Record<string, PanelText[]> = {
  'Calls and runs': [
    [
      'Triggers',
      'Triggers and reruns a second. failed should stay 0; refused are errors of callers and limits.',
      'reqps',
      [['sum by (outcome) (rate(async_api_triggers_total[$__rate_interval]))', '{{outcome}}']],
    ],
    [
      'Answers by status',
      'Answers a second.',
      'reqps',
      [[`sum by (code) (rate(http_request_duration_seconds_count{${JOB}}[$__rate_interval]))`, '{{code}}']],
    ],
    [
      'Time of an answer',
      'Of calls that do not wait: logs, events and ?wait= take as long as they are told to.',
      's',
      [
        [quantile(0.5, 'http_request_duration_seconds', `{${JOB}, route="/group/:name"}`), 'trigger, median'],
        [quantile(0.99, 'http_request_duration_seconds', `{${JOB}, route="/group/:name"}`), 'trigger, 99 %'],
      ],
    ],
    [
      'Active runs and long-lived responses',
      'Runs that are not over; open events, logs and waits.',
      'short',
      [
        ['max(async_api_active_runs)', 'active runs'],
        ['sum(async_api_held_answers)', 'long-lived responses'],
      ],
    ],
    [
      'Lag of states',
      'From the end of a job until the API shows it. About a second of it is the Job controller.',
      's',
      [
        [quantile(0.5, 'async_api_status_lag_seconds'), 'median'],
        [quantile(0.9, 'async_api_status_lag_seconds'), '90 %'],
      ],
    ],
    [
      'Age of the cache, broken files',
      'Both should be 0.',
      'short',
      [
        ['max by (pod) (async_api_cache_age_seconds)', 'age in seconds, {{pod}}'],
        ['max by (pod) (async_api_config_broken)', 'broken, {{pod}}'],
      ],
    ],
  ],
  Controller: [
    ['Leader', 'One replica leads.', 'short', [['max by (pod) (async_api_controller_leader)', '{{pod}}']]],
    [
      'Runs that wait for a worker',
      'It should return to 0.',
      'short',
      [['max by (pod) (async_api_workqueue_depth)', '{{pod}}']],
    ],
    [
      'Reconciles',
      'A second. Errors are tried again.',
      'ops',
      [['sum by (result) (rate(async_api_reconcile_total[$__rate_interval]))', '{{result}}']],
    ],
    [
      'Time of a reconcile',
      'Most of it is calls of the API server.',
      's',
      [
        [quantile(0.5, 'async_api_reconcile_duration_seconds'), 'median'],
        [quantile(0.99, 'async_api_reconcile_duration_seconds'), '99 %'],
      ],
    ],
    [
      'Silence of the watches',
      'Bookmarks come about every minute, but for Events.',
      's',
      [['max by (resource) (async_api_watch_last_event_age_seconds)', '{{resource}}']],
    ],
    ['Objects in the cache', '', 'short', [['max by (resource) (async_api_cache_objects)', '{{resource}}']]],
  ],
  Processes: [
    [
      'Memory',
      'The limits in the manifests are 512 MiB for the API and 1 GiB for the controller.',
      'bytes',
      [[`max by (pod) (process_resident_memory_bytes{${JOB}})`, '{{pod}}']],
    ],
    [
      'CPU',
      '',
      'percentunit',
      [[`max by (pod) (rate(process_cpu_seconds_total{${JOB}}[$__rate_interval]))`, '{{pod}}']],
    ],
    ['Event loop lag', '99 %', 's', [[`max by (pod) (nodejs_eventloop_lag_p99_seconds{${JOB}})`, '{{pod}}']]],
  ],
};

/** Grafana's grid has 24 columns. */
const WIDTH = 8;
const HEIGHT = 8;
const datasource = { type: 'prometheus', uid: `\${datasource}` };

function panels(): object[] {
  const all: object[] = [];
  let y = 0;
  for (const [title, texts] of Object.entries(ROWS)) {
    all.push({
      id: all.length + 1,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: { h: 1, w: 24, x: 0, y },
    });
    y++;
    for (const [index, [title, description, unit, queries]] of texts.entries()) {
      const place = { x: (index % 3) * WIDTH, y: y + Math.floor(index / 3) * HEIGHT };
      all.push({
        id: all.length + 1,
        type: 'timeseries',
        title,
        description,
        datasource,
        gridPos: { h: HEIGHT, w: WIDTH, ...place },
        fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
        targets: queries.map(([expr, legendFormat], query) => ({
          refId: String.fromCharCode('A'.charCodeAt(0) + query),
          datasource,
          expr,
          legendFormat,
        })),
      });
    }
    y += Math.ceil(texts.length / 3) * HEIGHT;
  }
  return all;
}

/** manifests/monitoring/dashboard.json: a Grafana dashboard of every metric of the API and the controller. */
export const dashboard = (): object => ({
  title: 'Async API',
  description: 'Generated from scripts/dashboard.ts by: npm run generate',
  uid: 'async-api',
  schemaVersion: 39,
  tags: ['async-api'],
  editable: true,
  refresh: '30s',
  time: { from: 'now-3h', to: 'now' },
  templating: {
    list: [{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' }],
  },
  panels: panels(),
});
