/** Who sends a request. */
export interface Caller {
  /** Unique. Stored with the runs that this caller starts. */
  name: string;
  /** The groups that the caller belongs to. */
  groups: string[];
}

export const ANONYMOUS: Caller = { name: 'anonymous', groups: [] };
