import { rawRequest } from '../support/raw-http.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
export const TRIGGER = '/group/group_a';
const post = (body: string, headers: Record<string, string> = JSON_TYPE) => rawRequest('POST', TRIGGER, headers, body);
const UNKNOWN_JOB = /^Job with given id doesn't exists : dummy$/;
const UUID = '78b9d1a2-3c4d-4e5f-8a6b-000000000001';
const RUN = '78b9d1a2-3c4d-4e5f-8a6b-000000000000';

/** Requests that must start nothing: a description, the bytes, the status of the answer, and what its body says. */
export const HOSTILE: [what: string, bytes: string, status: number, says: RegExp][] = [
  // Bodies
  ['a body of 600 kB', post(`{"parameters":{"a":"${'x'.repeat(600_000)}"}}`), 413, /smaller body/],
  ['a body that is not JSON', post('{"parameters":'), 400, /JSON object/],
  ['a body that is a list', post('[]'), 422, /expected object/i],
  ['a body that is a number', post('7'), 400, /JSON object/],
  ['a body that is null', post('null'), 400, /JSON object/],
  ['JSON that is nested a hundred thousand times', post('['.repeat(100_000)), 400, /JSON object/],
  ['an unknown field', post('{"jobs":[{"image":"evil"}]}'), 422, /jobs/],
  ['a container in the body', post('{"parameters":{},"container":{"image":"evil"}}'), 422, /container/],
  ['parameters that are a list', post('{"parameters":[1]}'), 422, /parameters/],
  ['an undeclared parameter', post('{"parameters":{"LD_PRELOAD":"/evil.so"}}'), 422, /LD_PRELOAD/],
  [
    'a thousand parameters',
    post(
      JSON.stringify({ parameters: Object.fromEntries([...Array(1000).keys()].map((i) => [`p${i}`, '']).values()) }),
    ),
    422,
    /parameter/,
  ],
  [
    'thirty thousand parameters',
    post(`{"parameters":{${[...Array(30_000).keys()].map((i) => `"${i}":""`).join()}}}`),
    400,
    /few names and values/,
  ],
  [
    'thirty thousand parameters of the wrong type',
    post(`{"parameters":{${[...Array(30_000).keys()].map((i) => `"${i}":1`).join()}}}`),
    400,
    /few names and values/,
  ],
  [
    'lists that are nested a hundred thousand times',
    post(`{"parameters":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
    400,
    /JSON object/,
  ],
  ['a prototype to pollute', post('{"__proto__":{"parameters":{}}}'), 400, /JSON object/],
  ['a prototype to pollute in the parameters', post('{"parameters":{"__proto__":{"x":"y"}}}'), 400, /JSON object/],
  ['a constructor to pollute', post('{"constructor":{"prototype":{"x":1}}}'), 422, /constructor/],
  ['bytes that are not UTF-8', post('{"parameters":{"\xff\xfe":"\xff"}}'), 422, /parameter/],
  ['a form', post('parameters=1', { 'Content-Type': 'application/x-www-form-urlencoded' }), 415, /application\/json/],
  ['a multipart form', post('--x--', { 'Content-Type': 'multipart/form-data; boundary=x' }), 415, /application\/json/],
  [
    'XML',
    post('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', { 'Content-Type': 'text/xml' }),
    415,
    /application\/json/,
  ],
  ['a body without a content type', post('{}', {}), 415, /application\/json/],
  ['a body in UTF-32', post('{}', { 'Content-Type': 'application/json; charset=utf-32' }), 415, /UTF-8/],
  ['a body in an unknown compression', post('{}', { ...JSON_TYPE, 'Content-Encoding': 'zip' }), 415, /UTF-8/],
  [
    'a body that is not gzip despite its header',
    post('{}', { ...JSON_TYPE, 'Content-Encoding': 'gzip' }),
    400,
    /Expected/,
  ],
  // Framing
  ['two lengths', post('{}', { ...JSON_TYPE, 'content-Length': '9' }), 400, /well-formed/],
  [
    'a length and chunked encoding',
    post('0\r\n\r\n', { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' }),
    400,
    /well-formed/,
  ],
  ['a negative length', post('{}', { ...JSON_TYPE, 'Content-Length': '-1' }), 400, /well-formed/],
  ['a request without a host', `POST ${TRIGGER} HTTP/1.1\r\nConnection: close\r\n\r\n`, 400, /./],
  ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400, /well-formed/],
  ['headers of 300 kB', rawRequest('POST', TRIGGER, { 'X-Long': 'x'.repeat(300_000) }), 431, /at most 49152 bytes/],
  ['headers of 20 kB', rawRequest('POST', TRIGGER, { 'X-Long': 'x'.repeat(20_000) }), 431, /at most 16384 bytes/],
  [
    'five thousand headers',
    rawRequest('POST', '/group/group_z', Object.fromEntries([...Array(5000).keys()].map((i) => [`X-${i}`, '1']))),
    431,
    /at most 200 fields/,
  ],
  [
    'three hundred headers',
    rawRequest('POST', TRIGGER, Object.fromEntries([...Array(300).keys()].map((i) => [`X-${i}`, '1']))),
    431,
    /at most 200 fields/,
  ],
  ['an expectation', post('{}', { ...JSON_TYPE, Expect: 'a trigger' }), 417, /100-continue/],
  ['a line break in a header', rawRequest('POST', TRIGGER, { 'X-A': 'a\nSec-Fetch-Site: none' }), 400, /well-formed/],
  // Addresses
  ['an address of 20 kB', rawRequest('POST', `/group/${'a'.repeat(20_000)}`), 414, /at most 8192/],
  ['an id of 32 kB', rawRequest('GET', `/status/${'a'.repeat(32_000)}`), 404, UNKNOWN_JOB],
  ['an id of 40 kB', rawRequest('GET', `/status/${'a'.repeat(40_000)}`), 414, /at most 32768/],
  ['an address of 60 kB', rawRequest('GET', `/status/${'a'.repeat(60_000)}`), 431, /at most 49152 bytes/],
  ['a path traversal', rawRequest('POST', '/group/../../etc/passwd'), 404, /Nothing is here/],
  ['an encoded path traversal', rawRequest('POST', '/group/%2e%2e%2f%2e%2e%2fgroup_a'), 404, /no group/],
  ['an encoded NUL', rawRequest('POST', '/group/group_a%00'), 404, /no group/],
  ['an encoded line break', rawRequest('POST', '/group/x%0d%0aSet-Cookie:%20a=b'), 404, /no group/],
  ['broken percent-encoding', rawRequest('POST', '/group/%zz'), 400, /percent-encoding/],
  ['the name of an inherited field', rawRequest('POST', '/group/__proto__'), 404, /no group/],
  ['the name of another inherited field', rawRequest('POST', '/group/constructor'), 404, /no group/],
  ['HTML in a name', rawRequest('POST', '/group/%3Cscript%3Ealert(1)%3C/script%3E'), 404, /./],
  ['HTML in the id of a job', rawRequest('GET', '/status/%3Cscript%3E'), 404, UNKNOWN_JOB],
  ['a path traversal in the id of a job', rawRequest('GET', '/status/..%2f..%2fapi%2fv1%2fsecrets'), 404, UNKNOWN_JOB],
  ['the id of a job in capital letters', rawRequest('GET', `/status/${UUID.toUpperCase()}`), 404, UNKNOWN_JOB],
  ['a path traversal in the id of a run', rawRequest('GET', '/runs/..%2f..%2fsecrets'), 404, /no run/],
  [
    'the name of a Kubernetes object as the id of a run',
    rawRequest('POST', '/runs/kube-root-ca.crt/cancel'),
    404,
    /no run/,
  ],
  ['a page size above the maximum', rawRequest('GET', '/runs?limit=1000000'), 400, /limit/],
  ['a prototype in the query', rawRequest('GET', '/runs?__proto__[x]=1'), 400, /./],
  ['a forged page token', rawRequest('GET', '/runs?continue=../../x'), 400, /continue/],
  ['a wait of a year', rawRequest('GET', `/runs/${RUN}?wait=31536000s`), 400, /wait/],
  // Methods and browsers
  ['HEAD of a trigger', rawRequest('HEAD', TRIGGER), 405, /^$/],
  ['PUT of a trigger', rawRequest('PUT', TRIGGER), 405, /GET or POST/],
  ['TRACE', rawRequest('TRACE', TRIGGER), 405, /GET or POST/],
  ['CONNECT', rawRequest('CONNECT', 'localhost:22'), 0, /^$/],
  ['an overridden method', rawRequest('PUT', TRIGGER, { 'X-HTTP-Method-Override': 'POST' }), 405, /GET or POST/],
  [
    'a GET by a page of another site',
    rawRequest('GET', TRIGGER, { 'Sec-Fetch-Site': 'cross-site' }),
    403,
    /another site/,
  ],
  [
    'a POST by a page of another site',
    rawRequest('POST', TRIGGER, { 'Sec-Fetch-Site': 'cross-site' }),
    403,
    /another site/,
  ],
  ['a POST with a foreign Origin', rawRequest('POST', TRIGGER, { Origin: 'https://evil.example' }), 403, /another/],
  ['a prefetch', rawRequest('GET', TRIGGER, { 'Sec-Purpose': 'prefetch;prerender' }), 403, /prefetch/],
  ['a foreign Host (DNS rebinding)', rawRequest('POST', TRIGGER, { Host: 'evil.example' }), 403, /localhost/],
  // Headers with a meaning
  ['a key of 10 kB', post('{}', { ...JSON_TYPE, 'Idempotency-Key': 'k'.repeat(10_000) }), 400, /Idempotency-Key/],
  ['an empty key', post('{}', { ...JSON_TYPE, 'Idempotency-Key': '""' }), 400, /Idempotency-Key/],
  [
    'an impossible Last-Event-ID',
    rawRequest('GET', `/runs/${RUN}/events`, { 'Last-Event-ID': '9999999999d' }),
    404,
    /no run/,
  ],
];
