import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import 'reflect-metadata'; // tsyringe, a dependency of x509, needs it
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const VALID_MS = 365 * 24 * 3600 * 1000;

/** The subjects of client certificates: in Kubernetes the common name is the user, the organization the group. */
const CLIENTS = (node: string) => ({
  admin: 'CN=admin, O=system:masters',
  'controller-manager': 'CN=system:kube-controller-manager',
  scheduler: 'CN=system:kube-scheduler',
  kubelet: `CN=system:node:${node}, O=system:nodes`,
  'kube-proxy': 'CN=system:kube-proxy',
  'apiserver-kubelet-client': 'CN=apiserver-kubelet-client, O=system:masters',
});

/**
 * Writes a new cluster's keys and certificates into `folder`: a CA, one serving certificate for all components (127.0.0.1 and
 * `addresses`), a client certificate for each, and the key that signs service account tokens.
 */
export async function writePki(folder: string, nodeName: string, addresses: string[]): Promise<void> {
  x509.cryptoProvider.set(webcrypto);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const save = (name: string, content: string) => writeFile(join(folder, name), content, { mode: 0o600 });

  const caKeys = await newKeys();
  const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + VALID_MS) };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=async-api embedded cluster',
    keys: caKeys,
    ...validity,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  await save('ca.crt', ca.toString('pem'));

  const issue = async (name: string, subject: string, usages: string[], sans: x509.JsonGeneralNames = []) => {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      subject,
      issuer: ca.subject,
      publicKey: keys.publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: ALGORITHM,
      ...validity,
      extensions: [
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(usages),
        await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
        ...(sans.length > 0 ? [new x509.SubjectAlternativeNameExtension(sans)] : []),
      ],
    });
    await save(`${name}.crt`, certificate.toString('pem'));
    await save(`${name}.key`, await pem(keys.privateKey));
  };
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  await issue(
    'server',
    'CN=async-api-embedded',
    // etcd also uses it as a client certificate.
    [serverAuth, clientAuth],
    [
      ...['127.0.0.1', ...addresses].map((value) => ({ type: 'ip', value }) as const),
      ...['localhost', nodeName, 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'].map(
        (value) => ({ type: 'dns', value }) as const,
      ),
    ],
  );
  for (const [name, subject] of Object.entries(CLIENTS(nodeName))) await issue(name, subject, [clientAuth]);

  const tokens = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await save('service-account.key', tokens.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  await save('service-account.pub', tokens.publicKey.export({ type: 'spki', format: 'pem' }).toString());
}

const newKeys = () =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

async function pem(key: webcrypto.CryptoKey): Promise<string> {
  const body = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${body.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`;
}
