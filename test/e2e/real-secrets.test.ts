import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Product } from '../support/harness.ts';
import { createObjects, ERROR_OF, mounts, outputs, printing, startWithin, TEXT } from '../support/real-pods.ts';

const MODE = (file: string) => `(fs.statSync('${file}').mode & 0o777).toString(8)`;
const secret = { secretName: 'db', items: [{ key: 'password', path: 'deep/password' }] };

const GROUPS = {
  variables: {
    jobs: {
      one: {
        container: {
          ...printing(
            "['PASSWORD', 'GREETING', 'DB_user', 'region', 'MISSING'].map((name) => process.env[name] ?? null)",
          ),
          env: [
            { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
            { name: 'GREETING', value: '$(DB_user) has $(PASSWORD)' },
            { name: 'MISSING', valueFrom: { configMapKeyRef: { name: 'settings', key: 'none', optional: true } } },
          ],
          envFrom: [{ prefix: 'DB_', secretRef: { name: 'db' } }, { configMapRef: { name: 'settings' } }],
        },
      },
    },
  },
  files: {
    jobs: {
      one: {
        container: {
          ...printing(
            `[${TEXT('/shared/deep/password')}, ${MODE('/shared/deep/password')}, ${MODE('/private/deep/password')}, ${ERROR_OF(TEXT('/private/deep/password'))}]`,
          ),
          volumeMounts: mounts('shared', 'private'),
        },
        volumes: [
          { name: 'shared', secret },
          { name: 'private', secret: { ...secret, defaultMode: 0o400 } },
        ],
      },
      grouped: {
        container: { ...printing(`[${TEXT('/v/password')}, ${MODE('/v/password')}]`), volumeMounts: mounts('v') },
        volumes: [{ name: 'v', secret: { secretName: 'db', defaultMode: 0o400 } }],
        pod: { securityContext: { fsGroup: 3000 } },
      },
      config: {
        container: {
          ...printing(`[fs.readdirSync('/config').filter((name) => !name.startsWith('.')), ${TEXT('/part')}]`),
          volumeMounts: [
            ...mounts('config'),
            { name: 'config', mountPath: '/part', subPath: 'region', readOnly: true },
          ],
        },
        volumes: [{ name: 'config', configMap: { name: 'settings' } }],
      },
      projected: {
        container: {
          ...printing(
            `[${TEXT('/both/region')}, ${TEXT('/both/pass')}, ${MODE('/both/region')}, ${MODE('/both/pass')}]`,
          ),
          volumeMounts: mounts('both'),
        },
        volumes: [
          {
            name: 'both',
            projected: {
              sources: [
                { configMap: { name: 'settings' } },
                { secret: { name: 'db', items: [{ key: 'password', path: 'pass', mode: 0o444 }] } },
                { secret: { name: 'none', optional: true } },
              ],
              defaultMode: 0o440,
            },
          },
        ],
        pod: { securityContext: { fsGroup: 3000 } },
      },
    },
  },
};

let product: Product;
let deleteObjects: (() => Promise<void>) | undefined;
beforeAll(async () => {
  product = await Product.install();
  deleteObjects = await createObjects(product, [
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db' }, stringData: { user: 'reader', password: 's3cret' } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { region: 'eu', tier: 'a' } },
  ]);
  await startWithin(product, { secrets: 'db none', configMaps: 'settings' }, JSON.stringify({ groups: GROUPS }));
}, 120_000);
afterAll(async () => {
  await deleteObjects?.();
  await product.uninstall();
});

test('a container has secrets and ConfigMaps as variables, and refers to them', async () => {
  expect(await outputs(product, 'variables')).toEqual([['s3cret', 'reader has s3cret', 'reader', 'eu', null]]);
});

test('a container has secrets and ConfigMaps as files, with their modes', async () => {
  expect(await outputs(product, 'files')).toEqual([
    ['s3cret', '644', '400', 'EACCES'],
    ['s3cret', '440'],
    [['region', 'tier'], 'eu'],
    ['eu', 's3cret', '440', '444'],
  ]);
});
