import { settings as apiSettings } from '../api/settings.ts';
import { settings as controllerSettings } from '../controller/settings.ts';

type Setting = (typeof apiSettings)[number];

const code = (text: string): string => `\`${text}\``;
/** A bar would end the cell, and `<name>` would be an HTML tag. */
const cell = (text: string): string => text.replaceAll(/[|<]/g, '\\$&');

function row({ name, description, values, default: fallback, required }: Setting): string {
  const shown = required ? 'required' : fallback === undefined ? '' : code(fallback);
  return `| ${[code(name), cell(description), cell(values), shown].join(' | ')} |`;
}

const table = (settings: readonly Setting[]): string =>
  ['| setting | meaning | values | default |', '|---|---|---|---|', ...settings.map(row)].join('\n');

/** docs/settings.md: every setting, its meaning and its default, from the schemas that check them. */
export const settingsPage = (): string => `# Settings

<!-- Generated from api/settings.ts and controller/settings.ts by: npm run generate -->

Settings are environment variables. An empty variable counts as not set. A wrong one ends the process with a sentence that names it.
\`npx node api/main.ts --help\` and \`npx node controller/main.ts --help\` list them too.

\`npm start\` hands on the variables that it finds in its own environment, except \`NAMESPACE\` and \`JOB_IMAGE\`, which it sets.
\`METRICS_HOST\` and \`METRICS_PORT\` go to the API only: two processes cannot share a port.

## The API

${table(apiSettings)}

How the ways of \`AUTH\` work: [api.md](api.md#who-may-call). The limits: [api.md](api.md#limits).

## The controller

${table(controllerSettings)}

How long things stay: [operations.md](operations.md#retention).

## Both

\`KUBECONFIG\` names the cluster to talk to, outside of one. In a pod, the service account's token is used.

\`ALLOW_ROOT\` holds for the job image too.
`;
