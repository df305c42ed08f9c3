import * as z from 'zod';

/** Name of a group or job. Every such name is also a valid label value (hence at most 63 characters). */
export const Name = z
  .string()
  .max(63)
  .regex(/^[a-zA-Z0-9]([a-zA-Z0-9_.-]*[a-zA-Z0-9])?$/, 'letters, digits, "_", "." and "-", at most 63')
  .meta({ description: 'Letters, digits, "_", "." and "-", at most 63.' });
