import { randomUUID } from "node:crypto";

/**
 * Unique texts: the instance's own, counted. A UUID each would be as unique, but Node puts it together from twenty
 * pieces, and V8 keeps the pieces for as long as the text lives, here in a record (docs/traps.md).
 */
export function uniqueIds(): () => string {
  const instance = randomUUID();
  let count = 0;
  return () => `${instance}-${++count}`;
}
