import type { Micros } from "./time";
import type { StoredDocument } from "./write";

/** One database's documents, found by name and by collection, and how often each name was written. */
export interface Collections {
  /** The last commit's instant; commits and reads never go behind it. */
  last: Micros;
  get(name: string): StoredDocument | undefined;
  put(document: StoredDocument): void;
  remove(name: string): void;
  /** Documents directly in a collection, for example `projects/p/databases/d/documents/users`. */
  inCollection(collection: string): StoredDocument[];
  /** Documents of every collection with this id, at any depth below `parent` (a database's root or a document). */
  inGroup(id: string, parent: string): StoredDocument[];
  /** Ids of the collections directly below `parent`, sorted. */
  collectionIds(parent: string): string[];
  all(): Iterable<StoredDocument>;
  /** Write operations committed on a name since the database was created, deletions included. */
  readonly writes: Map<string, number>;
}

export const collectionOf = (name: string): string => name.slice(0, name.lastIndexOf("/"));

export function createCollections(): Collections {
  const collections = new Map<string, Map<string, StoredDocument>>();
  const below = (parent: string) => [...collections].filter(([path]) => path.startsWith(`${parent}/`));
  return {
    last: 0,
    writes: new Map(),
    get: (name) => collections.get(collectionOf(name))?.get(name),
    put(document) {
      const path = collectionOf(document.name);
      let documents = collections.get(path);
      if (!documents) collections.set(path, (documents = new Map()));
      documents.set(document.name, document);
    },
    remove(name) {
      const path = collectionOf(name);
      const documents = collections.get(path);
      documents?.delete(name);
      if (documents?.size === 0) collections.delete(path);
    },
    inCollection: (collection) => [...(collections.get(collection)?.values() ?? [])],
    inGroup: (id, parent) =>
      below(parent)
        .filter(([path]) => path.endsWith(`/${id}`))
        .flatMap(([, documents]) => [...documents.values()]),
    collectionIds: (parent) =>
      [...new Set(below(parent).map(([path]) => path.slice(parent.length + 1).split("/")[0]!))].sort(),
    *all() {
      for (const documents of collections.values()) yield* documents.values();
    },
  };
}
