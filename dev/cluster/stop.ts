import { join } from 'node:path';
import { cleanUp, NESTED } from './clean.ts';

const root = join(import.meta.dirname, '../..');
/** `npm run cluster:stop`: removes the clusters of this checkout, also after a launcher that was killed. */
for (const folder of [...NESTED.map((name) => join(root, '.cluster', name)), join(root, '.cluster')])
  await cleanUp(folder);
console.log('No embedded cluster of this checkout is running.');
