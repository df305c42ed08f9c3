import type { Issue } from './describe-issue.ts';
import { keysOf, type YamlNode } from './yaml-node.ts';

const MODES = new Set(['mode', 'defaultMode']);

/**
 * Problems for the modes of files in a group's volumes that begin with 0, as in Kubernetes' examples: there 0440 is octal, as in
 * YAML 1.1; here it would be decimal, as in YAML 1.2, and so mean 0o670.
 */
export function fileModes(group: YamlNode | undefined, groupPath: string[]): Issue[] {
  const jobs = group?.children.get('jobs');
  return keysOf(jobs).flatMap((job) => {
    const volumes = jobs?.children.get(job)?.children.get('volumes');
    return volumes ? modesOf(volumes, [...groupPath, 'jobs', job, 'volumes']) : [];
  });
}

const modesOf = (node: YamlNode, path: string[]): Issue[] =>
  [...node.children].flatMap(([key, child]) => {
    const { value, text = '' } = child;
    if (!MODES.has(key) || typeof value !== 'number' || !/^0\d+$/.test(text)) return modesOf(child, [...path, key]);
    return [{ path: [...path, key], message: `expected an octal number such as 0o${text.slice(1)}, got ${text}` }];
  });
