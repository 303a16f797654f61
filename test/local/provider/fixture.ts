import type { Attributes } from "../../../local/plan/values";

/** One resource type through its life, as data. */
export interface Fixture {
  readonly type: string;
  readonly create: Attributes;
  /** What the plan adds to the configuration when it creates: known before apply. */
  readonly planned?: Attributes;
  /** A change in place. Undefined: the type has none. */
  readonly update?: Attributes;
  /** The configuration in other words, which is no change. */
  readonly same?: Attributes;
  /** A change that replaces, and the paths that make it. */
  readonly replace: readonly [change: Attributes, paths: readonly string[]];
}
