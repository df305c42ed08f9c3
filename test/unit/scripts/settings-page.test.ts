import { expect, test } from '@jest/globals';
import { help as apiHelp, settings as apiSettings } from '../../../api/settings.ts';
import { help as controllerHelp, settings as controllerSettings } from '../../../controller/settings.ts';
import { settingsPage } from '../../../scripts/settings-page.ts';

const page = settingsPage();
const PARTS = [
  ['the API', apiSettings, apiHelp()],
  ['the controller', controllerSettings, controllerHelp()],
] as const;

test.each(PARTS)(
  'the page and --help name each setting of %s with its meaning and its default',
  (_of, settings, help) => {
    for (const { name, description, default: fallback } of settings) {
      expect(description).toMatch(/\.$/);
      expect(page).toContain(`| \`${name}\` | ${description.replaceAll('<', '\\<')} |`);
      expect(help).toMatch(
        new RegExp(`^  ${name} .*${fallback === undefined ? '' : ` Default: ${fallback}\\.`}$`, 'm'),
      );
    }
  },
);

test('a default stands in one place: no description repeats it', () => {
  for (const { default: fallback, description } of PARTS.flatMap(([, settings]) => settings)) {
    if (fallback && !['0', 'none', 'true', 'false', 'groups'].includes(fallback)) {
      expect(description).not.toContain(fallback);
    }
  }
});

test('a required setting is marked as required, and has no default', () => {
  const required = PARTS.flatMap(([, settings]) => settings).filter((setting) => setting.required);
  expect(required.map(({ name, default: fallback }) => [name, fallback])).toEqual([['JOB_IMAGE', undefined]]);
  expect(page).toMatch(/`JOB_IMAGE` \|.*\| required \|/);
});

test('a setting says which values it takes', () => {
  expect(page).toMatch(/`PORT` \|.*\| 0 to 65535 \| `5100` \|/);
  expect(page).toMatch(/`AUTH` \|.*\| none, kubernetes, oidc \| `none` \|/);
  expect(page).toMatch(/`OIDC_ISSUER` \|.*\| a URL \| {2}\|/);
});
