/** A structural schema of a CustomResourceDefinition. */
export interface Schema {
  type?: string;
  format?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  items?: Schema;
  required?: string[];
  enum?: unknown[];
  pattern?: string;
  [keyword: string]: unknown;
}

const UPPER = ['maximum', 'maxLength', 'maxItems', 'maxProperties'];
const LOWER = ['minimum', 'minLength', 'minItems', 'minProperties'];

/**
 * Each place where `next` rejects what `previous` accepted, with its path: a field that is gone, has another type, became
 * required, or has narrower bounds. Rules in CEL are not compared.
 */
export function narrowed(previous: Schema, next: Schema, path = ''): string[] {
  const problems: string[] = [];
  const say = (what: string) => problems.push(`${path || '.'}: ${what}`);
  if (previous.type !== next.type) say(`type ${previous.type} became ${next.type}`);
  for (const keyword of ['format', 'pattern']) {
    if (next[keyword] !== undefined && next[keyword] !== previous[keyword]) say(`${keyword} ${next[keyword]} is new`);
  }
  for (const keyword of UPPER) {
    if (Number(next[keyword] ?? Infinity) < Number(previous[keyword] ?? Infinity)) say(`${keyword} became lower`);
  }
  for (const keyword of LOWER) {
    if (Number(next[keyword] ?? -Infinity) > Number(previous[keyword] ?? -Infinity)) say(`${keyword} became higher`);
  }
  for (const name of next.required ?? []) if (!previous.required?.includes(name)) say(`${name} became required`);
  if (next.enum) {
    const gone = (previous.enum ?? ['any other']).filter((value) => !next.enum!.includes(value));
    if (gone.length > 0) say(`${gone.join(', ')} is not allowed any more`);
  }
  for (const [name, before] of Object.entries(previous.properties ?? {})) {
    const after = next.properties?.[name];
    if (after) problems.push(...narrowed(before, after, `${path}.${name}`));
    else say(`${name} is gone`);
  }
  for (const keyword of ['items', 'additionalProperties'] as const) {
    const [before, after] = [previous[keyword], next[keyword]];
    if (before && after) problems.push(...narrowed(before, after, `${path}[]`));
    else if (before || after) say(`${keyword} came or went`);
  }
  return problems;
}
