import { type AppliedStore, createAppliedStore, type Origin } from "../engine/applied";
import type { Journal, Journaled } from "../engine/journal";
import type { Attributes } from "../plan/values";
import { fromJson, storedJson } from "./values/convert";
import type { ObjectValue, Type } from "./values/value";

/** A resource that Terraform has created here. */
export interface StoredResource {
  readonly type: string;
  /** Its `id`, unique among its type. */
  readonly id: string;
  readonly values: ObjectValue;
  readonly origin?: Origin;
}

/** What exists, on the values of the provider; `AppliedStore` keeps it. */
export interface Resources extends Journaled {
  get(type: string, id: string): StoredResource | undefined;
  /** Creates or replaces. */
  put(resource: StoredResource): void;
  remove(type: string, id: string): void;
  list(): readonly StoredResource[];
  /** A number that no resource has had before, for names that Google invents. */
  nextNumber(): number;
}

export interface ResourcesOptions {
  /** @default one of its own, kept in `journal` */
  readonly store?: AppliedStore;
  /** @default nothing is kept */
  readonly journal?: Journal;
  /** Type of a resource's value; undefined for a resource type that there is not any more. */
  readonly typeOf: (resourceType: string) => Type | undefined;
}

export function createResources({ journal, typeOf, store = createAppliedStore(journal) }: ResourcesOptions): Resources {
  const stored = (resource: ReturnType<AppliedStore["get"]>): StoredResource | undefined => {
    const type = resource && typeOf(resource.type);
    return type && { ...resource, values: fromJson(resource.values, type) as ObjectValue };
  };
  return {
    journalName: store.journalName,
    replay: (entry) => store.replay(entry),
    compact: () => store.compact(),
    get: (type, id) => stored(store.get(type, id)),
    put: (resource) => store.put({ ...resource, values: storedJson(resource.values) as Attributes }),
    remove: (type, id) => store.remove(type, id),
    list: () => store.list().flatMap((resource) => stored(resource) ?? []),
    nextNumber: () => store.nextNumber(),
  };
}
