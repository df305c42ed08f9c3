import type { Block } from './doc-blocks.ts';
import { outputPattern } from './output-pattern.ts';
import { shell } from './shell.ts';

/** Between the outputs of two blocks. */
const MARK = '==== next block ====';

interface Typing {
  /** Changes a block's commands to fit the test's services. */
  adapt(text: string): string;
  environment: Record<string, string>;
  /** By default the root of the repository. */
  cwd?: string;
  /** In milliseconds. */
  timeout?: number;
}

/** Types the blocks of a document into one shell, in order. Rejects if one fails or prints other than the document shows. */
export async function typeBlocks(blocks: Block[], { adapt, environment, ...place }: Typing): Promise<void> {
  const script = blocks.map(({ text }) => adapt(text)).join(`\necho; echo '${MARK}'\n`);
  const output = await shell(script, environment, place).catch((error) => {
    const done = String(error.stdout).split(MARK);
    const { file, line } = blocks[done.length - 1]!;
    throw new Error(`Expected the block at ${file}:${line} to succeed.\n${done.at(-1)}\n${error.stderr}`);
  });
  const printed = output.split(MARK);
  for (const [index, { file, line, output }] of blocks.entries()) {
    if (output === undefined || outputPattern(output).test(`${printed[index]}`.trimStart())) continue;
    throw new Error(`Expected the block at ${file}:${line} to print:\n${output}\nGot:\n${printed[index]}`);
  }
}
