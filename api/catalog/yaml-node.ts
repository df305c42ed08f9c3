/** A value of the file, with what zod does not see: lines, the order of keys, names as they are written. */
export interface YamlNode {
  /** From 1: of an alias, where the alias stands. */
  line: number;
  /** As plain JavaScript, which moves integer-like keys to the front. */
  value: unknown;
  /** The values of a map or list, in the file's order. Aliases share those of their anchor. */
  children: ReadonlyMap<string, YamlNode>;
  /** The number of its values, itself included. A text counts once more for every 100 characters. */
  size: number;
  /** A scalar as it is written: as names, 010, 1.0 and true are texts like any other. */
  text?: string;
}

const NO_CHILDREN: ReadonlyMap<string, YamlNode> = new Map();

/** The keys of a map, in the file's order; empty if this is no map. */
export const keysOf = (node: YamlNode | undefined): string[] =>
  node && !Array.isArray(node.value) ? [...node.children.keys()] : [];

/** The line of the value at `path` below a node; for a missing value, that of its nearest parent. */
export function lineOf(node: YamlNode, path: readonly PropertyKey[]): number {
  let nearest = node;
  for (const key of path) {
    const child = nearest.children.get(String(key));
    if (!child) break;
    nearest = child;
  }
  return nearest.line;
}

export const leaf = (value: unknown, text: string | undefined, line: number): YamlNode => ({
  line,
  value,
  children: NO_CHILDREN,
  size: 1 + Math.floor((text?.length ?? 0) / 100),
  ...(text !== undefined && { text }),
});

export function branch(isList: boolean, children: ReadonlyMap<string, YamlNode>, line: number): YamlNode {
  let size = 1;
  for (const child of children.values()) size += child.size;
  const values = [...children].map(([key, child]) => [key, child.value] as const);
  return { line, value: isList ? values.map(([, value]) => value) : Object.fromEntries(values), children, size };
}
