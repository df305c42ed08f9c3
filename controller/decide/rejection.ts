/** Why a run cannot be carried out: the reason and message of its condition Succeeded. */
export interface Rejection {
  reason: 'SpecTooLarge' | 'InvalidDefinition';
  message: string;
}
