import { runtimeError } from "../../../language/workflows/error";
import { LIMITS } from "../../../language/workflows/limits";
import { sizeOf, type Value } from "../../../language/workflows/value";

/** Bytes of all variables of one execution. */
export interface Memory {
  bytes: number;
}

/** The variables of a routine, of a loop body, of an except block or of a parallel branch. */
export interface Variables {
  get(name: string): Value | undefined;
  /** Changes the variable where it lives, or makes it here. @throws WorkflowError ResourceLimitError */
  set(name: string, value: Value): void;
  /** Makes the variable here, hiding one of that name outside. */
  declare(name: string, value: Value): void;
  /** Where `set` would change the variable; nothing when it would make it. */
  home(name: string): Variables | undefined;
  /** Those made here. */
  own(): ReadonlyMap<string, Value>;
  /** Gives the memory back. */
  drop(): void;
}

/** @param shared for a parallel branch: the names outside that it may change */
export function variables(memory: Memory, parent?: Variables, shared?: readonly string[]): Variables {
  const own = new Map<string, Value>();
  const put = (name: string, value: Value) => {
    const known = own.get(name);
    const bytes = memory.bytes + sizeOf(value) - (known === undefined ? 0 : sizeOf(known));
    if (typeof value === "string" && sizeOf(value) - 8 > LIMITS.string)
      throw runtimeError("ResourceLimitError", `the string for ${name} is longer than ${LIMITS.string} bytes`);
    if (bytes > LIMITS.memory)
      throw runtimeError("ResourceLimitError", `the variables take ${bytes} bytes, more than ${LIMITS.memory}`);
    memory.bytes = bytes;
    own.set(name, value);
  };
  const self: Variables = {
    get(name) {
      const value = own.get(name);
      return value === undefined ? parent?.get(name) : value;
    },
    set(name, value) {
      const home = self.home(name);
      if (home) home.declare(name, value);
      else put(name, value);
    },
    declare: put,
    home(name) {
      if (own.has(name)) return self;
      return shared && !shared.includes(name) ? undefined : parent?.home(name);
    },
    own: () => new Map(own),
    drop() {
      for (const value of own.values()) memory.bytes -= sizeOf(value);
      own.clear();
    },
  };
  return self;
}
