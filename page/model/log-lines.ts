import Anser from 'anser';
import { printable } from '../../client/printable.ts';

/** A piece of a line with one look. */
export interface Piece {
  text: string;
  /** Classes of the style sheet; empty for plain text. */
  look: string;
}

/** A line as shown is no longer than this; the download has all of it. */
const MAX_LINE = 10_000;

/** Splits text that arrives in pieces into lines. */
export class LineSplitter {
  #rest = '';

  /** The lines that this piece completes. */
  push(piece: string): string[] {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop()!;
    return lines;
  }

  /** The last line, if it has no line feed. */
  end(): string[] {
    const rest = this.#rest;
    this.#rest = '';
    return rest === '' ? [] : [rest];
  }
}

/** Escape sequences that are not about colours: cursor, titles, links. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
const OTHER_SEQUENCES = /\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)?|\[[0-9;?]*[A-Za-ln-z]|[()][A-Z0-9])/g;

/** A line with its ANSI colours. Colours do not carry over to the next line. */
export function piecesOf(line: string): Piece[] {
  const shown = lastOverwrite(line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)} …` : line);
  if (!shown.includes('\x1b')) return shown === '' ? [] : [{ text: printable(shown), look: '' }];
  return Anser.ansiToJson(shown.replace(OTHER_SEQUENCES, ''), { use_classes: true, remove_empty: true }).map(
    ({ content, fg, bg, decorations }) => ({ text: printable(content), look: lookOf(fg, bg, decorations) }),
  );
}

/** A carriage return goes back to the start of the line, as progress bars do. */
const lastOverwrite = (line: string): string => {
  const text = line.replace(/\r+$/, '');
  return text.slice(text.lastIndexOf('\r') + 1);
};

/** Only the 16 colours of a terminal, which the style sheet has for light and dark. */
function lookOf(fg: string | null, bg: string | null, decorations: readonly string[]): string {
  const colour = /^ansi-(bright-)?(black|red|green|yellow|blue|magenta|cyan|white)$/;
  const isBold = decorations.includes('bold');
  return [
    fg && colour.test(fg) ? fg : '',
    bg && colour.test(bg) ? `${bg}-bg` : '',
    isBold ? 'bold' : '',
    decorations.includes('dim') ? 'dim' : '',
    decorations.includes('underline') ? 'underline' : '',
  ]
    .filter(Boolean)
    .join(' ');
}
