import { type Piece, piecesOf } from '../model/log-lines.ts';

/** More lines than these are not kept in the document: the browser's own find must stay quick. */
export const MAX_LINES = 10_000;
/** The browser skips the layout of blocks out of sight. */
const BLOCK = 100;

/** Appends lines to an element, block by block, and drops the oldest blocks beyond MAX_LINES. */
export class LogLines {
  readonly #box: HTMLElement;
  #last: HTMLElement | undefined;
  #count = 0;

  constructor(box: HTMLElement) {
    this.#box = box;
    box.replaceChildren();
  }

  /** How many lines are shown. */
  get count(): number {
    return this.#count;
  }

  append(lines: readonly string[]): void {
    for (const line of lines.slice(-MAX_LINES)) {
      if (!this.#last || this.#last.childElementCount >= BLOCK) {
        this.#last = document.createElement('div');
        this.#last.className = 'log-block';
        this.#box.append(this.#last);
      }
      this.#last.append(lineElement(piecesOf(line)));
      this.#count += 1;
    }
    while (this.#count > MAX_LINES) {
      const first = this.#box.firstElementChild!;
      this.#count -= first.childElementCount;
      first.remove();
    }
  }
}

function lineElement(pieces: readonly Piece[]): HTMLElement {
  const line = document.createElement('div');
  line.className = 'log-line';
  for (const { text, look } of pieces) {
    if (look === '') line.append(text);
    else {
      const span = document.createElement('span');
      span.className = look;
      span.textContent = text;
      line.append(span);
    }
  }
  // An empty line has a height, and a copy of the log has its line feed.
  if (pieces.length === 0) line.append(document.createElement('br'));
  return line;
}
