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

Settings are environment variables. An empty variable counts as not set. A process with an invalid setting names it and exits.
\`npx node api/main.ts --help\` and \`npx node controller/main.ts --help\` also list the settings.

\`npm start\` passes its environment variables to both processes, except \`NAMESPACE\` and \`JOB_IMAGE\`, which it sets itself. It passes
\`METRICS_HOST\` and \`METRICS_PORT\` only to the API, because two processes cannot share a port.

## The API

${table(apiSettings)}

More on \`AUTH\`: [api.md](api.md#who-may-call). More on limits: [api.md](api.md#limits).

## The controller

${table(controllerSettings)}

More on retention: [operations.md](operations.md#retention).

## Both

\`KUBECONFIG\` selects the cluster if the process runs outside of one. In a pod, it uses the service account's token.

The job image also reads \`ALLOW_ROOT\`.
`;
