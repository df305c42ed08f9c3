import type { Deps } from '../../api/deps.ts';
import { loadStaticFiles } from '../../api/http/static-files.ts';
import type { JobPod } from '../../api/runs/job-logs.ts';
import type { GroupRun } from '../../contract/group-run.ts';
import { PAGE_FOLDER } from '../../scripts/page.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { GROUPS, sampleRuns, showcase } from './samples.ts';

export interface PageApp extends TestApp {
  /** What the log of every job says. */
  setLog(text: string | undefined): void;
}

/** The REST service with the page, and runs in memory: those of the samples. */
export async function startPageApp(
  changes: Partial<Deps> = {},
  groups = GROUPS,
  runs?: GroupRun[],
  shown = showcase(),
): Promise<PageApp> {
  let log: string | undefined = 'Done.\n';
  const pod: JobPod = { name: 'pod', startedAt: 0 };
  async function* text() {
    yield Buffer.from(log!);
  }
  const app = await startApp(
    {
      page: await loadStaticFiles(PAGE_FOLDER),
      logs: {
        pods: async () => [pod],
        sharedPods: async () => [pod],
        read: async () => (log === undefined ? undefined : { text: text() }),
      },
      ...changes,
    },
    groups,
  );
  for (const run of runs ?? sampleRuns(shown)) app.runs.put(run.metadata.name, run);
  return {
    ...app,
    setLog: (text) => {
      log = text;
    },
  };
}
