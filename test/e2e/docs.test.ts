import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from '@jest/globals';
import { blocksOf, blocksRunBy, ROOT } from '../support/doc-blocks.ts';
import { Product, type Replica } from '../support/harness.ts';
import { kubectlEnvironment } from '../support/shell.ts';
import { typeBlocks } from '../support/type-blocks.ts';

/** Has groups of its own, which it shows. */
const OWN_GROUPS = 'docs/groups.md';

const byFile = Map.groupBy(blocksRunBy(import.meta.filename), ({ file }) => file);

let product: Product;
let replicas: Record<'shipped' | 'own', Replica>;
/** The shipped groups, which docs/quickstart.md changes. */
let shipped: string;
let environment: Record<string, string>;
beforeAll(async () => {
  product = await Product.install();
  let own: string;
  [shipped, own] = await Promise.all([shippedGroups(), ownGroups()]);
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

/** The commands with the ports and the file of the services at hand. */
function here(text: string, { url, metricsUrl }: Replica): string {
  return text
    .replaceAll('resources/config.yaml', shipped)
    .replaceAll('localhost:5100', `localhost:${new URL(url).port}`)
    .replaceAll('localhost:9100', `localhost:${new URL(metricsUrl).port}`);
}

test.each([...byFile])(
  'the commands of %s work as shown, and print the shown output',
  async (file, blocks) => {
    const replica = file === OWN_GROUPS ? replicas.own : replicas.shipped;
    await typeBlocks(blocks, { adapt: (text) => here(text, replica), environment });
  },
  180_000,
);
