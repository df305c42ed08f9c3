import { join } from 'node:path';
import { cleanUp, NESTED } from './clean.ts';

const root = join(import.meta.dirname, '../..');
/** `npm run cluster:stop`: ends what a start or a test run of this checkout left, however it ended. */
for (const folder of [...NESTED.map((name) => join(root, '.cluster', name)), join(root, '.cluster')])
  await cleanUp(folder);
console.log('No embedded cluster of this checkout is running.');
