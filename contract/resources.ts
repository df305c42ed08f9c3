import * as z from 'zod';
import { QUALIFIED_NAME, whole } from './kubernetes-names.ts';
import { billionths, isWhole, Quantity } from './quantity.ts';
import { whenValid } from './when-valid.ts';

/** Domains of Kubernetes itself name no extended resources. */
const EXTENDED = `(?!requests\\.)(?![^/]*kubernetes\\.io/)(?=[^/]+/)${QUALIFIED_NAME}`;

export const ResourceName = z
  .string()
  .max(253)
  .regex(
    whole(`cpu|memory|ephemeral-storage|${EXTENDED}`),
    'expected cpu, memory, ephemeral-storage or an extended resource such as nvidia.com/gpu',
  );
const Amounts = z.record(ResourceName, Quantity);

const isExtended = (name: string): boolean => name.includes('/');
const inBytes = (name: string): boolean => name === 'memory' || name === 'ephemeral-storage';

/** Amounts that a container may use. Each of requests and limits stands for the other where that has no such resource. */
export const Resources = z
  .strictObject({ requests: Amounts.optional(), limits: Amounts.optional() })
  .superRefine(({ requests = {}, limits = {} }, { addIssue }) => {
    const issue = (kind: string, name: string, message: string) =>
      addIssue({ code: 'custom', path: [kind, name], message });
    for (const [kind, amounts] of Object.entries({ requests, limits })) {
      for (const [name, amount] of Object.entries(amounts)) {
        if (isExtended(name) && !isWhole(amount)) issue(kind, name, `expected an integer, got "${amount}"`);
        // Kubernetes takes fractions of a byte, such as 128m (0.128 bytes), which are always a mistake.
        if (inBytes(name) && (!isWhole(amount) || /[num]$/.test(`${amount}`)))
          issue(kind, name, `expected an amount of ${name} such as 128Mi, got "${amount}"`);
        const isLimit = kind === 'limits' || limits[name] === undefined;
        if ((name === 'cpu' || name === 'memory') && isLimit && billionths(amount) === 0n)
          issue(kind, name, `expected more than 0, got "${amount}", which is no limit in Kubernetes`);
      }
    }
    for (const [name, request] of Object.entries(requests)) {
      const limit = limits[name];
      if (limit === undefined || billionths(request) === billionths(limit)) continue;
      if (isExtended(name)) issue('requests', name, `expected equal to ${name} limit of ${limit}, got "${request}"`);
      else if (billionths(request) > billionths(limit))
        issue('requests', name, `expected less than or equal to ${name} limit of ${limit}, got "${request}"`);
    }
  }, whenValid);
export type Resources = z.infer<typeof Resources>;
