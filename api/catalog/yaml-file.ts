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

/** Where something stands; lines count from 1. */
export interface YamlPosition {
  path: PropertyKey[];
  line: number;
}

/** A YAML text that knows the line of each of its values, keeps the order of every key, and counts keys given twice. */
export class YamlFile {
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();

  /** Throws an Error with one line a problem where the text is no YAML. */
  constructor(text: string) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, uniqueKeys: false, schema: 'core' });
    const { errors } = this.#document;
    if (errors.length > 0) throw new Error(errors.map((error) => error.message).join('\n'));
    // A key is what is written, so that 010, 1.0 and true are names like any other.
    visit(this.#document, {
      Pair: (_, { key }) => {
        if (isScalar(key)) key.value = key.source ?? String(key.value);
      },
    });
  }

  /** The whole as plain JavaScript, in which number-like keys come first. Throws where aliases grow out of bounds. */
  value(): unknown {
    return this.#document.toJS();
  }

  /** The keys of the map at `path` as they stand there; empty where there is no map. */
  keys(path: PropertyKey[]): string[] {
    const node = this.#at(path);
    return isMap(node) ? [...new Set(node.items.map(({ key }) => keyText(key)))] : [];
  }

  /** The line of the value at `path`, from 1. A missing value has none of its own: then its parent's. */
  line(path: PropertyKey[]): number {
    for (let length = path.length; length > 0; length--) {
      const node = this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return this.#lineAt(node.range[0]);
    }
    return 1;
  }

  /** Every key that its map has more than once, at or below `path`, with the line of each repetition. */
  duplicates(path: PropertyKey[]): YamlPosition[] {
    // An alias is not followed: what it stands for is looked at where that stands.
    const node = this.#at(path, false);
    if (isSeq(node)) return node.items.flatMap((_, index) => this.duplicates([...path, index]));
    if (!isMap(node)) return [];
    const seen = new Set<string>();
    return node.items.flatMap(({ key }) => {
      const name = keyText(key);
      const here = [...path, name];
      if (!seen.has(name)) {
        seen.add(name);
        return this.duplicates(here);
      }
      return [{ path: here, line: isNode(key) && key.range ? this.#lineAt(key.range[0]) : this.line(here) }];
    });
  }

  #lineAt(offset: number): number {
    return this.#lines.linePos(offset).line;
  }

  #at(path: PropertyKey[], resolve = true): Node | undefined {
    const node = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    if (resolve && isAlias(node)) return node.resolve(this.#document);
    return isNode(node) ? node : undefined;
  }
}

const keyText = (key: unknown): string => String(isScalar(key) ? key.value : key);
