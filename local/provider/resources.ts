import type { Json } from "../../contract/json";
import { type Journal, type Journaled, noJournal } from "../engine/journal";
import { fromJson, storedJson } from "./values/convert";
import type { ObjectValue, Type } from "./values/value";

/** A resource that Terraform has created here. */
export interface StoredResource {
  readonly type: string;
  /** Its `id`, unique among its type. */
  readonly id: string;
  readonly values: ObjectValue;
}

/** What exists, as far as Terraform is concerned: the cloud of the local provider. */
export interface Resources extends Journaled {
  get(type: string, id: string): StoredResource | undefined;
  /** Creates or replaces. */
  put(resource: StoredResource): void;
  remove(type: string, id: string): void;
  list(): readonly StoredResource[];
  /** A number that no resource has had before, for names that Google invents. */
  nextNumber(): number;
}

type Entry =
  | { readonly put: readonly [type: string, id: string, values: Json] }
  | { readonly remove: readonly [type: string, id: string] }
  | { readonly number: number };

export interface ResourcesOptions {
  /** @default nothing is kept */
  readonly journal?: Journal;
  /** Type of a resource's value; undefined for a resource type that there is not any more. */
  readonly typeOf: (resourceType: string) => Type | undefined;
}

export function createResources({ journal = noJournal, typeOf }: ResourcesOptions): Resources {
  const resources = new Map<string, StoredResource>();
  const keyOf = (type: string, id: string) => `${type}\n${id}`;
  let number = 0;
  const journalName = "terraform";
  const append = (entry: Entry) => journal.append(journalName, entry);
  const putEntry = ({ type, id, values }: StoredResource): Entry => ({ put: [type, id, storedJson(values)] });
  return {
    journalName,
    replay(json) {
      const entry = json as unknown as Entry;
      if ("number" in entry) number = entry.number;
      else if ("remove" in entry) resources.delete(keyOf(...entry.remove));
      else {
        const [type, id, values] = entry.put;
        const valueType = typeOf(type);
        if (valueType) resources.set(keyOf(type, id), { type, id, values: fromJson(values, valueType) as ObjectValue });
      }
    },
    *compact() {
      yield { number } satisfies Entry;
      for (const resource of resources.values()) yield putEntry(resource);
    },
    get: (type, id) => resources.get(keyOf(type, id)),
    put(resource) {
      resources.set(keyOf(resource.type, resource.id), resource);
      append(putEntry(resource));
    },
    remove(type, id) {
      if (resources.delete(keyOf(type, id))) append({ remove: [type, id] });
    },
    list: () => [...resources.values()],
    nextNumber() {
      append({ number: ++number });
      return number;
    },
  };
}
