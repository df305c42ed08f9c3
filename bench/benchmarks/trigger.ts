import type { GroupRun } from '../../contract/group-run.ts';
import { CALLER_ANNOTATION } from '../../contract/labels.ts';
import { paths } from '../../contract/paths.ts';
import type { Benchmark } from '../benchmark.ts';
import { groupName, newName, SIZES } from '../groups.ts';
import type { Row } from '../report.ts';
import { startApi } from '../rest.ts';
import { median } from '../stats.ts';

/** Triggers a round. */
const CALLS = { 3: 100, 1000: 10 };

/**
 * No controller runs, so nothing else happens meanwhile. Ours and the limit take turns call by call: what slows the machine for
 * a moment hits both.
 */
export const trigger: Benchmark = {
  name: 'trigger',
  summary: 'POST /group of 3 and 1,000 jobs, one at a time; the limit: a create of the same GroupRun',
  run: (env) =>
    env.withProduct(async (product) => {
      const limit = await env.limitNamespace(product);
      const rest = await startApi(product, SIZES);
      const rows: Row[] = [];
      for (const size of [3, 1000] as const) {
        // The first calls open connections and compile code.
        const runId = await rest.trigger(groupName(size));
        const { metadata, ...run } = await env.raw.request<GroupRun>('GET', product.runsPath(runId));
        const createRaw = () => {
          const { labels, annotations } = metadata;
          // Only the API may name a caller (manifests/core/run-policy.yaml). Another annotation makes up for its bytes.
          const { [CALLER_ANNOTATION]: caller, ...others } = annotations ?? {};
          const body = { ...run, metadata: { name: newName(), labels, annotations: { ...others, caller } } };
          return env.raw.text('POST', paths(limit).runs, body);
        };
        await createRaw();
        const sides = { ours: () => rest.trigger(groupName(size)), limit: createRaw };
        const clear = () => env.clear(product.namespace, limit);
        const { ours, limit: theirs } = await env.rounds.takeTurns(`Trigger ${size} jobs`, CALLS[size], sides, clear);
        rows.push({
          benchmark: 'trigger',
          what: `POST of ${size} jobs, p50`,
          unit: 'ms',
          ours: ours.map(median),
          limit: theirs.map(median),
          goal: { of: 'ratio', atMost: 1.15 },
        });
      }
      await rest.close();
      return rows;
    }),
};
