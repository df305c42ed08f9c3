import { packageVersion } from '../../scripts/package-version.ts';

export const VERSION = packageVersion();
