import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** Every document of the repository, from its root. */
export const DOCUMENTS = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...globSync('docs/**/*.md', { cwd: ROOT }),
];

/** A fenced block of a document. */
export interface Block {
  file: string;
  /** Of its opening fence, from 1. */
  line: number;
  /** The heading of the section (##) that it stands in. */
  section: string;
  /** The words after the fence: first the language, then our marks. */
  info: string[];
  text: string;
  /** What stands right below it as output, if anything does: a block of text or json, with only blank lines between. */
  output?: string;
}

const FENCE = /^```(.*)$/;
const OUTPUT = ['text', 'json'];

export function blocksOf(file: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  let section = '';
  let isNext = false;
  for (const [index, line] of readFileSync(join(ROOT, file), 'utf8').split('\n').entries()) {
    const [, info] = FENCE.exec(line) ?? [];
    if (open) {
      if (info === undefined) open.text += `${line}\n`;
      else {
        const before = blocks.at(-1);
        if (isNext && before && isShell(before) && OUTPUT.includes(open.info[0]!)) before.output = open.text;
        blocks.push(open);
        open = undefined;
        isNext = true;
      }
    } else if (info !== undefined) {
      open = { file, line: index + 1, section, info: info.split(' ').filter(Boolean), text: '' };
    } else {
      if (line.trim() !== '') isNext = false;
      section = /^## (.*)$/.exec(line)?.[1] ?? section;
    }
  }
  if (open) throw new Error(`Expected an end of the block at ${file}:${open.line}`);
  return blocks;
}

export const isShell = ({ info: [language = ''] }: Block): boolean =>
  ['sh', 'bash', 'shell', 'console', 'zsh'].includes(language);

/** The shell blocks marked `run=RING/NAME` for the test in that file (import.meta.filename), in the order of the documents. */
export function blocksRunBy(testFile: string): Block[] {
  const mark = `run=${relative(join(ROOT, 'test'), testFile).replace(/\.test\.ts$/, '')}`;
  return DOCUMENTS.flatMap(blocksOf).filter((block) => isShell(block) && block.info.includes(mark));
}

/** A document without its fenced blocks. */
export const prose = (file: string): string =>
  readFileSync(join(ROOT, file), 'utf8').replaceAll(/^```.*\n[\s\S]*?^```$/gm, '');
