import * as z from 'zod';

/** A label value has no more. */
export const MAX_NAME_LENGTH = 63;

/** Name of a group or job. Every such name is also a valid label value (hence at most 63 characters). */
export const Name = z
  .string()
  .max(MAX_NAME_LENGTH)
  .regex(/^[a-zA-Z0-9]([a-zA-Z0-9_.-]*[a-zA-Z0-9])?$/, 'letters, digits, "_", "." and "-", at most 63')
  .meta({ description: 'Letters, digits, "_", "." and "-", at most 63.' });
