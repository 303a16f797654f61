import type { Json } from "../../contract/json";
import type { PlannedResource } from "../plan/plan";
import type { Attributes, Value } from "../plan/values";
import { type Journal, type Journaled, noJournal } from "./journal";
import { readEntries } from "./journal-file";

/** A resource that Terraform has applied, as it is kept. Numbers with too many digits are text. */
export interface AppliedResource {
  readonly type: string;
  /** Its `id`, unique among its type. */
  readonly id: string;
  readonly values: Attributes;
  /** What else there is to know of it. */
  readonly origin?: Origin;
}

/** Where a resource comes from, beside its values. */
export interface Origin {
  /** What the configuration says, without what the provider and Google add. */
  readonly config?: Attributes;
  /** Settings of its provider. */
  readonly provider?: Attributes;
  /** Number of its project. */
  readonly projectNumber?: string;
  /** Arguments that name files, and what was kept of them: paths from the folder of the journal. */
  readonly uploads?: Readonly<Record<string, string>>;
}

/** How a resource is known to those that only know the type and the id of it. */
export const resourceKey = (type: string, id: Value | undefined): string => `${type}\n${JSON.stringify(id)}`;

/** What exists, as far as Terraform is concerned: the cloud of the local provider. */
export interface AppliedStore extends Journaled {
  get(type: string, id: string): AppliedResource | undefined;
  /** Creates or replaces. */
  put(resource: AppliedResource): void;
  remove(type: string, id: string): void;
  list(): readonly AppliedResource[];
  /** A number that no resource has had before, for names that Google invents. */
  nextNumber(): number;
  /** Stacks whose outputs the stack uses: their resources run with its own. */
  producers(): readonly string[];
  dependOn(stacks: readonly string[]): void;
}

type Entry =
  | { readonly put: readonly [type: string, id: string, values: Attributes, origin?: Origin] }
  | { readonly remove: readonly [type: string, id: string] }
  | { readonly number: number }
  | { readonly producers: readonly string[] };

/** @param journal where it is kept. @default nowhere */
export function createAppliedStore(journal: Journal = noJournal): AppliedStore {
  const resources = new Map<string, AppliedResource>();
  const keyOf = (type: string, id: string) => `${type}\n${id}`;
  let number = 0;
  let producers: readonly string[] = [];
  const journalName = "terraform";
  const append = (entry: Entry) => journal.append(journalName, asJson(entry));
  const putEntry = ({ type, id, values, origin }: AppliedResource): Entry => ({
    put: [type, id, values, ...(origin ? [origin] : [])] as unknown as readonly [string, string, Attributes, Origin?],
  });
  return {
    journalName,
    replay(json) {
      const entry = json as unknown as Entry;
      if ("number" in entry) number = entry.number;
      else if ("producers" in entry) producers = entry.producers;
      else if ("remove" in entry) resources.delete(keyOf(...entry.remove));
      else {
        const [type, id, values, origin] = entry.put;
        resources.set(keyOf(type, id), { type, id, values, ...(origin && { origin }) });
      }
    },
    *compact() {
      yield asJson({ number });
      if (producers.length > 0) yield asJson({ producers });
      for (const resource of resources.values()) yield asJson(putEntry(resource));
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
    producers: () => producers,
    dependOn(stacks) {
      if (stacks.join() === producers.join()) return;
      producers = stacks;
      append({ producers });
    },
  };
}

const asJson = (entry: Entry): Json => entry as unknown as Json;

/**
 * What is kept of a stack, read and left alone: whoever runs it may be writing.
 * @throws IssuesError as `openJournal`
 */
export function readApplied(file: string): AppliedStore {
  const store = createAppliedStore();
  for (const [service, entry] of readEntries(file)) if (service === store.journalName) store.replay(entry);
  return store;
}

/**
 * The resource as the engine's adapters take it. Terraform keeps addresses to itself; the id stands for it.
 * @param directory the one of the journal, where its files were kept
 */
export function plannedOf(
  { type, id, values, origin = {} }: AppliedResource,
  stack: string,
  directory: string,
): PlannedResource {
  const { config = values, provider = {}, uploads = {} } = origin;
  return {
    mode: "managed",
    type,
    address: `${type}.${id}`,
    stack,
    directory,
    config,
    provider,
    attributes: { ...values, ...uploads },
  };
}
