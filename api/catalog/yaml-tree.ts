import { isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type Pair } from 'yaml';
import { branch, leaf, type YamlNode } from './yaml-node.ts';

/**
 * The `size` of all that aliases stand for, in the whole file. Ten lines of aliases of aliases could otherwise take all
 * memory ("billion laughs").
 */
export const MAX_ALIASED_SIZE = 100_000;

/** A repeated key, a wrong alias, or a warning of the parser. */
export interface YamlProblem {
  path: string[];
  line: number;
  message: string;
}

/** A warning of the parser, at an offset of the text. */
export interface YamlWarning {
  offset: number;
  message: string;
}

interface Anchor {
  /** Undefined within the anchored value itself. */
  node?: YamlNode;
  /** The first problem of the value. */
  problem?: YamlProblem | undefined;
}

const MERGE_KEY =
  'expected a name, got the merge key <<, which has no meaning here: write its fields out, or use an alias for a whole value';

/** Builds the tree of a document in one walk in the file's order, so that the time is linear in the size of the file. */
export class TreeBuilder {
  readonly problems: YamlProblem[] = [];
  readonly #lines: LineCounter;
  /** The warnings ahead of the walk; the next one is last. */
  readonly #warnings: YamlWarning[];
  readonly #anchors = new Map<string, Anchor>();
  #aliasedSize = 0;

  constructor(lines: LineCounter, warnings: YamlWarning[]) {
    this.#lines = lines;
    this.#warnings = warnings.toSorted((a, b) => b.offset - a.offset);
  }

  build(document: Node | null): YamlNode {
    // Of directives and of the whole document.
    this.#placeWarnings(document?.range?.[0] ?? 0, []);
    const root = this.#node(document, [], 1);
    this.#placeWarnings(Number.POSITIVE_INFINITY, []);
    return root;
  }

  /** `keyLine` is the line of a value that is left out. */
  #node(node: Node | null, path: string[], keyLine: number): YamlNode {
    if (!node) return leaf(null, '', keyLine);
    const line = this.#lineAt(node.range![0]);
    if (isAlias(node)) {
      this.#placeWarnings(node.range![1], path);
      return this.#alias(node.source, path, line);
    }
    const anchor: Anchor = {};
    if (node.anchor) this.#anchors.set(node.anchor, anchor);
    const problemsBefore = this.problems.length;
    anchor.node = this.#content(node, path, line);
    anchor.problem = this.problems[problemsBefore];
    return anchor.node;
  }

  #content(node: Node, path: string[], line: number): YamlNode {
    const [start, end] = node.range!;
    if (isScalar(node)) {
      this.#placeWarnings(end, path);
      return leaf(node.value, node.source ?? String(node.value), line);
    }
    // Without a tag or anchor of its own, what stands before a map belongs to its first key.
    if (node.tag || node.anchor) this.#placeWarnings(start, path);
    const children = isMap(node)
      ? this.#entries(node.items as Pair<Node, Node | null>[], path, line)
      : this.#items(node, path, line);
    this.#placeWarnings(end, path);
    return branch(isSeq(node), children, line);
  }

  #items(list: Node, path: string[], line: number): Map<string, YamlNode> {
    const items = isSeq<Node>(list) ? list.items : [];
    return new Map(items.map((item, index) => [`${index}`, this.#node(item, [...path, `${index}`], line)]));
  }

  #entries(pairs: Pair<Node, Node | null>[], path: string[], mapLine: number): Map<string, YamlNode> {
    const children = new Map<string, YamlNode>();
    for (const { key, value } of pairs) {
      const problemsBefore = this.problems.length;
      const name = isScalar(key) ? (key.source ?? String(key.value)) : '?';
      const { text, line } = this.#node(key, [...path, name], mapLine);
      const keyPath = [...path, text ?? name];
      const problem = (message: string) => this.problems.push({ path: keyPath, line, message });
      if (text === '<<') problem(MERGE_KEY);
      else if (text !== undefined && children.has(text)) problem('expected this only once');
      else if (text === undefined && this.problems.length === problemsBefore)
        problem('expected a name as key, got a map or list');
      const child = this.#node(value, keyPath, line);
      if (text !== undefined) children.set(text, child);
    }
    return children;
  }

  #alias(name: string, path: string[], line: number): YamlNode {
    const problem = (message: string) => this.problems.push({ path, line, message });
    const anchor = this.#anchors.get(name);
    if (!anchor?.node) {
      problem(
        anchor
          ? `expected an alias of another value, got *${name}, which contains itself`
          : `expected an alias of an anchor that stands before it, got *${name}`,
      );
      return leaf(null, undefined, line);
    }
    const size = this.#aliasedSize + anchor.node.size;
    if (size > MAX_ALIASED_SIZE) {
      problem(
        `expected aliases that stand for at most ${MAX_ALIASED_SIZE} values in the whole file, got ${size} with *${name}`,
      );
      return leaf(null, undefined, line);
    }
    this.#aliasedSize = size;
    if (anchor.problem)
      problem(`expected an alias of a correct value, got *${name}, which has a problem in line ${anchor.problem.line}`);
    return { ...anchor.node, line };
  }

  /** Makes the warnings before an offset problems of the value that the walk has come to. */
  #placeWarnings(end: number, path: string[]): void {
    for (let next = this.#warnings.at(-1); next && next.offset < end; next = this.#warnings.at(-1)) {
      this.#warnings.pop();
      this.problems.push({ path, line: this.#lineAt(next.offset), message: next.message });
    }
  }

  #lineAt(offset: number): number {
    return this.#lines.linePos(offset).line;
  }
}
