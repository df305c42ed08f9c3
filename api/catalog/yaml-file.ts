import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';

/** Lines count from 1. */
export interface YamlPosition {
  path: PropertyKey[];
  line: number;
}

/** A YAML document that knows the line of each value, the order of keys, and which keys are duplicates. */
export class YamlFile {
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();

  /** Throws an Error with one line per problem if the text is not YAML. */
  constructor(text: string) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, uniqueKeys: false, schema: 'core' });
    const { errors } = this.#document;
    if (errors.length > 0) throw new Error(errors.map((error) => error.message).join('\n'));
    // A key is its source text: 010, 1.0 and true are names like any other.
    visit(this.#document, {
      Pair: (_, { key }) => {
        if (isScalar(key)) key.value = key.source ?? String(key.value);
      },
    });
  }

  /** The document as plain JavaScript, which moves integer-like keys to the front. Throws if aliases expand too far. */
  value(): unknown {
    return this.#document.toJS();
  }

  /** The keys of the map at `path`, in the file's order; empty if there is no map. */
  keys(path: PropertyKey[]): string[] {
    const node = this.#nodeAt(path);
    return isMap(node) ? [...new Set(node.items.map(({ key }) => keyText(key)))] : [];
  }

  /** The line of the value at `path`, from 1; for a missing value, that of its nearest parent. */
  line(path: PropertyKey[]): number {
    for (let length = path.length; length > 0; length--) {
      const node = this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return this.#lineAt(node.range[0]);
    }
    return 1;
  }

  /** Every duplicate key at or below `path`, with the line of each repetition. */
  duplicates(path: PropertyKey[]): YamlPosition[] {
    // Do not follow aliases: what they refer to is visited at its anchor.
    const node = this.#nodeAt(path, false);
    if (isSeq(node)) return node.items.flatMap((_, index) => this.duplicates([...path, index]));
    if (!isMap(node)) return [];
    const seen = new Set<string>();
    return node.items.flatMap(({ key }) => {
      const name = keyText(key);
      const keyPath = [...path, name];
      if (!seen.has(name)) {
        seen.add(name);
        return this.duplicates(keyPath);
      }
      return [{ path: keyPath, line: isNode(key) && key.range ? this.#lineAt(key.range[0]) : this.line(keyPath) }];
    });
  }

  #lineAt(offset: number): number {
    return this.#lines.linePos(offset).line;
  }

  #nodeAt(path: PropertyKey[], resolve = true): Node | undefined {
    const node = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    if (resolve && isAlias(node)) return node.resolve(this.#document);
    return isNode(node) ? node : undefined;
  }
}

const keyText = (key: unknown): string => String(isScalar(key) ? key.value : key);
