import type { Response } from 'express';
import type { Caller } from '../http/caller.ts';
import { contextOf } from '../http/context.ts';
import { type Access, permittedGroups } from './access.ts';
import { isNamedByAll } from './allow.ts';

/** Which runs the caller of a request may see: asked about its groups once, for many runs. */
export class Visibility {
  readonly #access: Access;
  readonly #response: Response;
  #caller: Caller;
  /** By group. Answers are added and never dropped: two questions may be under way at a time. */
  readonly #visible = new Map<string, boolean>();
  /** By the text of a stored `allow`: few protect many runs, and each is parsed once. */
  readonly #named = new Map<string | undefined, boolean>();

  constructor(access: Access, response: Response) {
    this.#access = access;
    this.#response = response;
    this.#caller = contextOf(response).caller;
  }

  /** Asks which of these groups the caller may see. Returns whether that differs from what it said of a group before. */
  async ask(groups: Iterable<string>): Promise<boolean> {
    const { caller } = contextOf(this.#response);
    const asked = new Set(groups);
    const visible = await permittedGroups(this.#access, this.#response, 'get', asked);
    const hasChanged = [...asked].some((group) => this.knows(group) && visible.has(group) !== this.#visible.get(group));
    for (const group of asked) this.#visible.set(group, visible.has(group));
    this.#caller = caller;
    this.#named.clear();
    return hasChanged;
  }

  /** Whether it was asked about the group. */
  knows(group: string): boolean {
    return this.#visible.has(group);
  }

  /** Whether the caller may see runs of a group with this stored `allow`. Of a group that it was not asked about, none. */
  sees(group: string, allow: string | undefined): boolean {
    if (!this.#visible.get(group)) return false;
    if (!this.#named.has(allow)) this.#named.set(allow, isNamedByAll(allow, this.#caller));
    return this.#named.get(allow)!;
  }
}
