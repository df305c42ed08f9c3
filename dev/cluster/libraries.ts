import { run } from './run.ts';

/** The libraries a program is linked with, its loader included, by their paths. Rejects for a script or a static program. */
export const linkedLibraries = async (program: string): Promise<string[]> =>
  [...(await run('ldd', [program])).matchAll(/(\/\S+)\s+\(0x/g)].map(([, path]) => path!);
