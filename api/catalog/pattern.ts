import { RE2JS } from 're2js';
import { errorMessage } from '../../process/log.ts';

/** Instructions of a compiled pattern, each of which may look at each character of a value. `.{0,1000}` has 2,002. */
const MAX_INSTRUCTIONS = 2500;
const EXPECTED = 'expected a regular expression in RE2 syntax (no lookaround, no backreferences)';

/** A regular expression in RE2 syntax, compiled once. Characters are code points. Matching is linear in the value's length. */
export class Pattern {
  readonly text: string;
  readonly #compiled: RE2JS;

  /** Throws an Error that says what was expected. */
  constructor(text: string) {
    this.text = text;
    this.#compiled = compile(text);
    const size = this.#compiled.programSize();
    if (size > MAX_INSTRUCTIONS)
      throw new Error(
        `expected a smaller regular expression: at most ${MAX_INSTRUCTIONS} instructions when compiled, got ${size}`,
      );
  }

  /** Whether the whole value matches. */
  matches(value: string): boolean {
    // testExact would build a DFA and keep up to 20 MB of it for each pattern.
    return this.#compiled.matcher(value).matches();
  }
}

function compile(text: string): RE2JS {
  try {
    return RE2JS.compile(text);
  } catch (error) {
    throw new Error(`${EXPECTED}, got ${errorMessage(error).replace('error parsing regexp: ', '')}`);
  }
}
