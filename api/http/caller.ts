/** The sender of a request; ANONYMOUS without authentication. */
export interface Caller {
  /** Unique; stored with each run that the caller starts. */
  name: string;
  /** The caller's groups, which `allow` names as `group:NAME`. */
  groups: string[];
}

export const ANONYMOUS: Caller = { name: 'anonymous', groups: [] };
