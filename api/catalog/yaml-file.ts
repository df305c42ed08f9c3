import { LineCounter, parseDocument, type YAMLParseError, type YAMLWarning } from 'yaml';
import type { YamlNode } from './yaml-node.ts';
import { TreeBuilder, type YamlProblem } from './yaml-tree.ts';

/** Of one file, in a message. A million characters can have a hundred thousand errors. */
const MAX_ERRORS = 20;

/** The text is not one YAML document. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
  /** Of the first problem. */
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** Reads a YAML text. Throws a YamlError that lists the first problems if the text is not one YAML document. */
export function readYaml(text: string): { root: YamlNode; problems: YamlProblem[] } {
  const lineCounter = new LineCounter();
  const { contents, errors, warnings } = parseDocument(text, {
    lineCounter,
    schema: 'core',
    // Otherwise !!binary, !!set and others would be read, and not be a warning.
    resolveKnownTags: false,
    uniqueKeys: false,
  });
  const lineAt = (offset: number) => lineCounter.linePos(offset).line;
  if (errors[0]) {
    throw new YamlError(listFirst(errors.map((error) => describeError(error, lineAt))), lineAt(errors[0].pos[0]));
  }
  const builder = new TreeBuilder(
    lineCounter,
    warnings.map((warning) => describeWarning(warning, text)),
  );
  return { root: builder.build(contents), problems: builder.problems };
}

/** Joins lines, and counts those beyond the first few. */
export const listFirst = (lines: string[], max = MAX_ERRORS): string =>
  [...lines.slice(0, max), ...(lines.length > max ? [`… and ${lines.length - max} more`] : [])].join('\n');

function describeError({ code, message, pos }: YAMLParseError, lineAt: (offset: number) => number): string {
  if (code === 'MULTIPLE_DOCS')
    return `Expected one YAML document, got a second one, which begins in line ${lineAt(pos[0])}: put all groups into one, without --- or ... between them.`;
  if (code === 'RESOURCE_EXHAUSTION')
    return `Expected lists and maps within each other to a depth of a few hundred, got more in line ${lineAt(pos[0])}.`;
  // The parser adds the lines around the position, and to some sentences a token. Both may hold a secret.
  return message
    .replace(/( at line \d+, column \d+):\n\n.*$/s, '$1')
    .replace(/(extra characters|YAML token|YAML stream|YAML document): .*(?= at line \d+, column \d+$)/s, '$1');
}

function describeWarning({ code, message, pos }: YAMLWarning, text: string): { offset: number; message: string } {
  const [offset, end] = pos;
  if (code === 'TAG_RESOLVE_FAILED')
    return {
      offset,
      message: `expected a value without a tag, or with one that fits it of !!str, !!int, !!float, !!bool, !!null, !!map and !!seq, got ${text.slice(offset, end).slice(0, 100)}`,
    };
  // The parser adds the position and the lines around it.
  return {
    offset,
    message: `expected YAML without a warning of its parser, got: ${message.replace(/ at line \d+, column \d+.*$/s, '')}`,
  };
}
