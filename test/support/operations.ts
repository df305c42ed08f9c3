import { PATHS } from '../../api/app.ts';

/** Every operation of the OpenAPI document. */
export const OPERATIONS = Object.entries(PATHS).flatMap(([path, item]) =>
  Object.keys(item).map((method) => ({ method, path })),
);
