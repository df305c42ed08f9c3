/**
 * Control characters but tab and line feed, marks that turn the direction of text, and characters without width. In a name or a
 * log they can make text look like another.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const HIDDEN = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The text with each hidden character as its number, such as `⟨202E⟩`. */
export const printable = (text: string): string =>
  text.replace(HIDDEN, (character) => `⟨${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`);
