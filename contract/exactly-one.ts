/** A check and its message for objects that must have exactly one of these fields, such as the kind of a volume. */
export const exactlyOneOf = (...fields: string[]) =>
  [
    (object: object) => fields.filter((field) => object[field as keyof typeof object] !== undefined).length === 1,
    { error: `expected exactly one of ${fields.join(', ')}` },
  ] as const;
