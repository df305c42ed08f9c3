import { createHash } from 'node:crypto';
import type { oas32 } from 'zod-openapi';

const STYLE = `:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
h2 { font-size: 1.2rem; margin: 2.5rem 0 0 }
h3 { font-size: 1rem; margin: 1rem 0 0.2rem }
code, pre { font-family: ui-monospace, monospace }
pre { overflow-x: auto; border: 1px solid; padding: 0.5rem }
dt { font-weight: bold } dd { margin: 0 0 0.3rem 1rem }`;

/** What a browser may use of the page: its own style, by its hash, and nothing else (CSP Level 3). */
export const PAGE_CSP = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const list = (title: string, entries: [string, string][]): string =>
  entries.length === 0
    ? ''
    : `<h3>${title}</h3><dl>${entries
        .map(([name, what]) => `<dt><code>${escapeHtml(name)}</code></dt><dd>${escapeHtml(what)}</dd>`)
        .join('')}</dl>`;

/** Every request body of ours is a component. */
interface Body {
  content: Record<string, { schema: oas32.ReferenceObject }>;
}

function section(
  method: string,
  path: string,
  { summary = '', parameters = [], requestBody, responses = {} }: oas32.OperationObject,
): string {
  const given = parameters
    .filter((one) => 'in' in one)
    .map((one): [string, string] => [`${one.name} (${one.in})`, one.description ?? '']);
  const { content } = (requestBody ?? { content: {} }) as Body;
  const body = Object.entries(content).map(([type, { schema }]): [string, string] => [
    'body',
    `${type}: ${schema.$ref.split('/').at(-1)}, see below.`,
  ]);
  const answers = Object.entries(responses).map(([status, one]): [string, string] => [
    status === 'default' ? 'any other' : status,
    one.description,
  ]);
  const heading = `<h2><code>${method.toUpperCase()} ${escapeHtml(path)}</code></h2><p>${escapeHtml(summary)}</p>`;
  return heading + list('Takes', [...given, ...body]) + list('Answers', answers);
}

/** The document as a page to read: no script, nothing from elsewhere. */
export function docsPage({ info, paths = {}, components = {} }: oas32.OpenAPIObject): string {
  const sections = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => section(method, path, one)),
  );
  const schemas = Object.entries(components.schemas ?? {}).map(
    ([name, schema]) => `<h2>${escapeHtml(name)}</h2><pre>${escapeHtml(JSON.stringify(schema, null, 2))}</pre>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(info.title)}</title><style>${STYLE}</style></head>
<body><h1>${escapeHtml(info.title)}</h1><p>${escapeHtml(info.summary ?? '')} The same for programs:
<a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
${sections.join('\n')}
<h1>What is sent and answered</h1>
${schemas.join('\n')}
</body></html>
`;
}
