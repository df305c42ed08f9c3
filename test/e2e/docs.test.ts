import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Block, blocksOf, blocksRunBy, ROOT } from '../support/doc-blocks.ts';
import { Product, type Replica } from '../support/harness.ts';
import { outputPattern } from '../support/output-pattern.ts';
import { kubectlEnvironment, shell } from '../support/shell.ts';

/** Has groups of its own, which it shows. */
const OWN_GROUPS = 'docs/groups.md';
/** Between the outputs of two blocks. */
const MARK = '==== next block ====';

const byFile = Map.groupBy(blocksRunBy(import.meta.filename), ({ file }) => file);

let product: Product;
let replicas: Record<'shipped' | 'own', Replica>;
let environment: Record<string, string>;
beforeAll(async () => {
  product = await Product.install();
  const [shipped, own] = await Promise.all([shippedGroups(), ownGroups()]);
  const [api, other] = await Promise.all([
    product.startReplica({ CONFIG_FILE: shipped }),
    product.startReplica({ CONFIG_FILE: own }),
    product.startController(),
  ]);
  replicas = { shipped: api, own: other };
  environment = await kubectlEnvironment(product);
});
afterAll(async () => {
  await Promise.all(Object.values(replicas ?? {}).map(({ service }) => service.stop()));
  await product.uninstall();
});

/** The groups that come with the repository, line by line, but without a deadline that a busy machine could miss. */
async function shippedGroups(): Promise<string> {
  const text = await readFile(join(ROOT, 'resources/config.yaml'), 'utf8');
  const file = join(product.folder, 'shipped.yaml');
  await writeFile(file, text.replace('activeDeadlineSeconds: 30 }', 'activeDeadlineSeconds: 300 }'));
  return file;
}

async function ownGroups(): Promise<string> {
  const file = join(product.folder, 'own.yaml');
  await writeFile(file, blocksOf(OWN_GROUPS).find(({ info }) => info[0] === 'yaml')!.text);
  return file;
}

/** The commands with the ports of the services at hand. */
function here(text: string, { url, metricsUrl }: Replica): string {
  return text
    .replaceAll('localhost:5100', `localhost:${new URL(url).port}`)
    .replaceAll('localhost:9100', `localhost:${new URL(metricsUrl).port}`);
}

/** Types the blocks into one shell, one after the other, and returns what each printed. */
async function type(blocks: Block[], replica: Replica): Promise<string[]> {
  const script = blocks.map(({ text }) => here(text, replica)).join(`\necho; echo '${MARK}'\n`);
  const printed = await shell(script, environment).catch((error) => {
    const done = String(error.stdout).split(MARK);
    const { file, line } = blocks[done.length - 1]!;
    throw new Error(`Expected the block at ${file}:${line} to succeed.\n${done.at(-1)}\n${error.stderr}`);
  });
  return printed.split(MARK);
}

test.each([...byFile])(
  'the commands of %s work as shown, and print the shown output',
  async (file, blocks) => {
    const printed = await type(blocks, file === OWN_GROUPS ? replicas.own : replicas.shipped);
    expect(printed).toHaveLength(blocks.length);
    for (const [index, { line, output }] of blocks.entries()) {
      if (output === undefined) continue;
      // The line is there for whoever reads the failure.
      expect(`line ${line}: ${printed[index]}`).toMatch(outputPattern(`line ${line}: ${output}`));
    }
  },
  180_000,
);
