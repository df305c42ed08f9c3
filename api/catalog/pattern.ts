import { RE2JS } from 're2js';
import { errorMessage } from '../../process/log.ts';

/** Instructions of a compiled pattern, each of which may look at each character of a value. `.{0,1000}` has 2,002. */
const MAX_INSTRUCTIONS = 2500;
const EXPECTED = 'expected a regular expression in RE2 syntax (no lookaround, no backreferences)';

/** A regular expression in RE2 syntax. Characters are code points. Matching is linear in the value's length. */
export class Pattern {
  readonly text: string;
  /** Kept from the first use on: a file may hold many thousand patterns, and a large one takes 200 kB. */
  #compiled: RE2JS | undefined;

  /** Throws an Error that says what was expected, unless the text is known to be correct. */
  constructor(text: string, { isCorrect = false } = {}) {
    this.text = text;
    if (!isCorrect) compile(text);
  }

  /** Whether the whole value matches. */
  matches(value: string): boolean {
    // testExact would build a DFA and keep up to 20 MB of it for each pattern.
    this.#compiled ??= compile(this.text);
    return this.#compiled.matcher(value).matches();
  }
}

function compile(text: string): RE2JS {
  const compiled = parse(text);
  const size = compiled.programSize();
  if (size > MAX_INSTRUCTIONS)
    throw new Error(
      `expected a smaller regular expression: at most ${MAX_INSTRUCTIONS} instructions when compiled, got ${size}`,
    );
  return compiled;
}

function parse(text: string): RE2JS {
  try {
    return RE2JS.compile(text);
  } catch (error) {
    throw new Error(`${EXPECTED}, got ${errorMessage(error).replace('error parsing regexp: ', '')}`);
  }
}
