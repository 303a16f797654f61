import type { ObjectValue } from "./values/value";

/** A resource that Terraform has created here. */
export interface StoredResource {
  readonly type: string;
  /** Its `id`, unique among its type. */
  readonly id: string;
  readonly values: ObjectValue;
}

/** What exists, as far as Terraform is concerned: the cloud of the local provider. */
export interface Resources {
  get(type: string, id: string): StoredResource | undefined;
  /** Creates or replaces. */
  put(resource: StoredResource): void;
  remove(type: string, id: string): void;
  list(): readonly StoredResource[];
  /** A number that no resource has had before, for names that Google invents. */
  nextNumber(): number;
}

/** Keeps resources for as long as the process lives. */
export function createResources(): Resources {
  const resources = new Map<string, StoredResource>();
  const keyOf = (type: string, id: string) => `${type}\n${id}`;
  let number = 0;
  return {
    get: (type, id) => resources.get(keyOf(type, id)),
    put: (resource) => void resources.set(keyOf(resource.type, resource.id), resource),
    remove: (type, id) => void resources.delete(keyOf(type, id)),
    list: () => [...resources.values()],
    nextNumber: () => ++number,
  };
}
