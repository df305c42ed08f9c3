import { expect, test } from '@jest/globals';
import express from 'express';
import { isLoopback } from '../../../api/http/loopback.ts';
import { help, loadSettings, settings } from '../../../api/settings.ts';

test('by default it listens on loopback only, on port 5100', () => {
  expect(loadSettings({})).toMatchObject({ PORT: 5100, HOST: '127.0.0.1', AUTH: 'none', GET_TRIGGERS: true });
});

test('an empty variable counts as not set', () => {
  expect(loadSettings({ PORT: '', HOST: '', GET_TRIGGERS: '' })).toEqual(loadSettings({}));
});

test.each([
  [{ HOST: '0.0.0.0' }, /HOST: expected a loopback address with AUTH=none/],
  [{ HOST: '::', AUTH: 'none' }, /HOST: expected a loopback/],
  [{ AUTH: 'oidc' }, /OIDC_ISSUER: expected a value.*\n.*OIDC_AUDIENCE/],
  [{ AUTH: 'oidc', OIDC_ISSUER: 'http://issuer.example', OIDC_AUDIENCE: 'a' }, /OIDC_ISSUER: expected https/],
  [{ AUTH: 'oidc', OIDC_ISSUER: 'https://i.example', OIDC_AUDIENCE: 'a', OIDC_ALGORITHM: 'HS256' }, /OIDC_ALGORITHM/],
  [{ AUTH: 'oidc', OIDC_ISSUER: 'https://i.example', OIDC_AUDIENCE: 'a', OIDC_ALGORITHM: 'none' }, /OIDC_ALGORITHM/],
  [{ PORT: '70000', MAX_HELD: '0' }, /PORT.*\n.*MAX_HELD/],
  [{ GET_TRIGGERS: 'no' }, /GET_TRIGGERS/],
  [{ TRUST_PROXY: '1' }, /TRUST_PROXY: expected the addresses or networks of proxies, such as .*, not their number/],
  [{ TRUST_PROXY: '10.0.0.0/8, ingress' }, /TRUST_PROXY: expected the addresses/],
  [{ TRUST_PROXY: '10.0.0.0/33' }, /TRUST_PROXY: expected the addresses/],
  [{ TRUST_PROXY: 'fd00::/129' }, /TRUST_PROXY: expected the addresses/],
  [{ TRUST_PROXY: '10.0.0.256' }, /TRUST_PROXY: expected the addresses/],
  [{ TRUST_PROXY: '0.0.0.0/0' }, /TRUST_PROXY: expected no network of all addresses/],
  [{ TRUST_PROXY: '::/0' }, /TRUST_PROXY: expected no network of all addresses/],
])('%j is invalid, and the error names the setting', (environment, message) => {
  expect(() => loadSettings(environment as Record<string, string>)).toThrow(message);
});

test.each([
  { HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true' },
  { HOST: '0.0.0.0', AUTH: 'kubernetes' },
  { HOST: '::1' },
  { AUTH: 'oidc', OIDC_ISSUER: 'http://127.0.0.1:8080', OIDC_AUDIENCE: 'a' },
  { AUTH: 'oidc', OIDC_ISSUER: 'https://i.example/', OIDC_AUDIENCE: 'a', OIDC_ALGORITHM: 'EdDSA' },
  { AUTH: 'kubernetes', AUTH_AUDIENCES: 'a, b', LOG_LEVEL: 'debug', METRICS_HOST: '0.0.0.0', NAMESPACE: 'ns' },
  { PORT: '0', METRICS_PORT: '65535', MAX_HELD: '1', RATE_LIMIT: '0', GET_TRIGGERS: 'false' },
])('%j is valid, and every other setting keeps its default', (environment) => {
  // Numbers and flags are what their text says as JSON; any other text is itself.
  const isJson = (value: string) => /^(\d+|true|false)$/.test(value);
  const expected = Object.entries(environment).map(([name, value]) => [
    name,
    isJson(value) ? JSON.parse(value) : value,
  ]);
  expect(loadSettings(environment as Record<string, string>)).toEqual({
    ...loadSettings({}),
    ...Object.fromEntries(expected),
  });
});

test.each([
  ['', undefined],
  ['10.0.0.7', ['10.0.0.7']],
  ['10.0.0.0/8,172.16.0.0/12, 192.168.0.0/16', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']],
  ['::1 fd00::/8\t2001:db8::7/128', ['::1', 'fd00::/8', '2001:db8::7/128']],
  ['::ffff:10.0.0.1 10.1.2.3/1', ['::ffff:10.0.0.1', '10.1.2.3/1']],
])('the proxies %j are %j, as Express takes them', (given, proxies) => {
  const { TRUST_PROXY } = loadSettings({ TRUST_PROXY: given });
  expect(TRUST_PROXY).toEqual(proxies);
  expect(() => express().set('trust proxy', TRUST_PROXY ?? [])).not.toThrow();
});

test.each([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['localhost', true],
  ['[::1]', true],
  ['127.0.0.1.evil.example', false],
  ['localhost.evil.example', false],
  ['0.0.0.0', false],
  ['', false],
])('%j is loopback: %s', (host, expected) => expect(isLoopback(host)).toBe(expected));

test('--help names every setting', () => {
  expect(help()).toMatch(/PORT.*5100[\s\S]*AUTH[\s\S]*MAX_CONNECTIONS[\s\S]*KUBECONFIG/);
  const named = [...help().matchAll(/^ {2}([A-Z_]+) +\S/gm)].map(([, name]) => name);
  expect(named).toEqual([...settings.map(({ name }) => name), 'KUBECONFIG']);
  expect(settings.map(({ name }) => name).length).toBeGreaterThan(20);
});
