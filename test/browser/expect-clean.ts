import { expect } from '@jest/globals';
import { type Opened, violations } from './browser.ts';

/** Expects no violation of axe-core, and no fault. */
export async function expectClean({ page, faults }: Opened): Promise<void> {
  expect(await violations(page)).toEqual([]);
  expect(faults).toEqual([]);
}
