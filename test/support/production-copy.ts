import { copyOverlay } from '../../scripts/kustomize.ts';

/** Copies manifests/overlays/production to a new folder, and makes these replacements in its kustomization.yaml. */
export const copyProduction = (folder: string, replacements: Record<string, string> = {}): Promise<void> =>
  copyOverlay('production', folder, replacements);
