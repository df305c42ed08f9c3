import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './doc-blocks.ts';

/** The version in package.json, which all places that name one share. */
export const VERSION: string = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version;
