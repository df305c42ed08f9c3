import { type Bounds, KINDS_OF_BOUNDS } from '../../api/catalog/bounds.ts';

const EVERY_NAME = Object.assign(new Set<string>(), { has: () => true });

/** Bounds that allow whatever a job refers to. */
export const ALL_BOUNDS = Object.fromEntries(KINDS_OF_BOUNDS.map((kind) => [kind, EVERY_NAME])) as unknown as Bounds;
