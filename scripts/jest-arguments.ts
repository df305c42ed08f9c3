/**
 * What to give to Jest for these rings and the words after `npm run test:… --`. Words before the first option name files: Jest
 * runs what matches any of its patterns, so each becomes one pattern with its ring.
 */
export function jestArguments(rings: string[], words: string[]): string[] {
  const firstOption = words.findIndex((word) => word.startsWith('-'));
  const files = firstOption < 0 ? words : words.slice(0, firstOption);
  const patterns = rings.flatMap((ring) =>
    files.length === 0 ? [`test/${ring}/`] : files.map((file) => `test/${ring}/.*${file}`),
  );
  return [...patterns, ...words.slice(files.length)];
}
