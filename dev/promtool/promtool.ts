import { join } from 'node:path';
import { fingerprint, goBuild } from '../cluster/build.ts';
import { builtOnce } from '../cluster/cache.ts';
import type { Progress } from '../cluster/progress.ts';

const HERE = import.meta.dirname;
/** Of the ways to find targets only the one that manifests/monitoring uses: the others make up most of the build. */
const TAGS = 'remove_all_sd,enable_kubernetes_sd';

/** The path of promtool, built once for each content of dev/promtool/go.mod and go.sum. */
export async function buildPromtool(progress: Progress): Promise<string> {
  const folder = await builtOnce(`promtool-${await fingerprint(HERE, ['go.sum', 'go.mod'])}`, (building) =>
    progress.step('Build promtool from its Go module (the first time only: some minutes)', async () => {
      const program = 'github.com/prometheus/prometheus/cmd/promtool';
      await goBuild(HERE, ['-tags', TAGS, '-ldflags', '-s -w', '-o', `${building}/`, program]);
    }),
  );
  return join(folder, 'promtool');
}
