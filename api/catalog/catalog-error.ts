/** A whole file is unusable; the message has one line per problem. */
export class CatalogError extends Error {
  override name = 'CatalogError';
  /** Of the first problem; undefined if none has a line. */
  readonly line: number | undefined;
  readonly file: 'config' | 'bounds';

  constructor(message: string, line?: number, file: 'config' | 'bounds' = 'config') {
    super(message);
    this.line = line;
    this.file = file;
  }
}
