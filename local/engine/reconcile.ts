import { createHash } from "node:crypto";
import { type Issue, IssuesError } from "../../contract/issue";
import { issue } from "../plan/issues";
import type { PlannedResource } from "../plan/plan";
import { StatusError } from "../wire/rest";
import type { Journal, Journaled } from "./journal";
import type { System } from "./system";

/** Something that runs because a resource asks for it. */
export interface Item {
  /** Full resource name, unique among its kind. */
  readonly name: string;
  /** Everything that tells whether it has to change, as plain data. */
  readonly config: object;
  /** Absent: it stands in for what somebody else owns. */
  readonly resource?: PlannedResource;
  /**
   * Creates it or brings it to its configuration; may be called when nothing is to be done.
   * @returns "replaced" when what was there is gone, as on Google Cloud
   * @throws StatusError for what Google would refuse, IssuesError for what does not start
   */
  ensure(): Ensured | Promise<Ensured>;
}

// A function that returns nothing is welcome.
// oxlint-disable-next-line typescript/no-invalid-void-type
export type Ensured = void | "replaced";

/** One kind of things that run: topics, queues, services. */
export interface Kind {
  /** In the record of what was asked for: `topic`. */
  readonly kind: string;
  /** Its things are there after a restart without being asked for again. @default false */
  readonly kept?: boolean;
  items(system: System): readonly Item[];
  /** Takes away what was asked for before and no longer is. @returns false when it was not there */
  remove(name: string, system: System): boolean | Promise<boolean>;
}

/** What is refused or does not start. */
export interface Fault {
  readonly resource: PlannedResource | undefined;
  readonly issues: readonly Issue[];
}

/** What a change of what is asked for did, for a person. */
export interface Applied {
  /** Made anew because what cannot change has changed; a subscription's backlog is gone, as on Google Cloud. */
  readonly replaced: readonly string[];
  /** No longer asked for. */
  readonly removed: readonly string[];
}

/** Brings what runs to what is asked for, and remembers what was: what clients have made is not its own to remove. */
export interface Reconciler extends Journaled {
  /**
   * Runs what a system asks for. Of what it asked for before in the same words, only what `touched` names is brought
   * back: what a client has changed since stays, for Terraform to find and to repair.
   * Calls may overlap; each waits for its own changes. What is refused or does not start does not keep the rest from
   * being done.
   */
  settle(
    system: System,
    touched: (resource: PlannedResource | undefined) => boolean,
  ): Promise<Applied & { readonly faults: readonly Fault[] }>;
}

type Entry =
  | { readonly set: readonly [kind: string, name: string, digest: string] }
  | { readonly drop: readonly [kind: string, name: string] };

/** Of what was refused: it is asked for again next time. */
const REFUSED = "";

/** @param kinds those that others depend on first */
export function createReconciler(kinds: readonly Kind[], journal: Journal): Reconciler {
  const journalName = "plan";
  /** A digest of what each thing was asked to be, by kind and name. */
  const asked = new Map(kinds.map(({ kind }) => [kind, new Map<string, string>()]));
  /** Configurations never change, and most are the same ones from one system to the next. */
  const digests = new WeakMap<object, string>();
  const digestOf = (config: object): string => {
    const digest = digests.get(config) ?? makeDigest(config);
    digests.set(config, digest);
    return digest;
  };
  let current: System;
  let began = false;
  const write = (entry: Entry) => journal.append(journalName, entry);
  const set = (kind: string, name: string, digest: string) => {
    asked.get(kind)!.set(name, digest);
    write({ set: [kind, name, digest] });
  };
  const begin = () => {
    began = true;
    // A restart has ended them; what was asked for says only what is to be removed.
    for (const { kind, kept } of kinds)
      if (!kept) for (const name of asked.get(kind)!.keys()) asked.get(kind)!.set(name, REFUSED);
  };

  return {
    journalName,
    replay(json) {
      const entry = json as unknown as Entry;
      if ("set" in entry) asked.get(entry.set[0])?.set(entry.set[1], entry.set[2]);
      else asked.get(entry.drop[0])?.delete(entry.drop[1]);
    },
    *compact() {
      for (const [kind, names] of asked)
        for (const [name, digest] of names) yield { set: [kind, name, digest] } satisfies Entry;
    },
    async settle(system, touched) {
      current = system;
      if (!began) begin();
      const faults: Fault[] = [];
      const replaced: string[] = [];
      const removed: string[] = [];
      for (const one of [...kinds].reverse()) {
        const { kind } = one;
        const wanted = new Set(one.items(current).map(({ name }) => name));
        const gone = [...asked.get(kind)!.keys()].filter((name) => !wanted.has(name));
        await Promise.all(
          gone.map(async (name) => {
            asked.get(kind)!.delete(name);
            write({ drop: [kind, name] });
            if (await one.remove(name, current)) removed.push(name);
          }),
        );
      }
      for (const one of kinds) {
        const { kind } = one;
        await Promise.all(
          // Another call may have asked for more meanwhile.
          one.items(current).map(async (item) => {
            const digest = digestOf(item.config);
            if (asked.get(kind)!.get(item.name) === digest && !touched(item.resource)) return;
            set(kind, item.name, digest);
            try {
              if ((await item.ensure()) === "replaced") replaced.push(item.name);
            } catch (error) {
              set(kind, item.name, REFUSED);
              faults.push({ resource: item.resource, issues: issuesOf(error, item.resource) });
            }
          }),
        );
      }
      return { replaced, removed, faults };
    },
  };
}

/** @param config plain data; bytes count by their content */
const makeDigest = (config: object): string =>
  createHash("sha256").update(JSON.stringify(config)).digest("base64url").slice(0, 22);

function issuesOf(error: unknown, resource: PlannedResource | undefined): readonly Issue[] {
  if (error instanceof IssuesError) return error.issues;
  if (!(error instanceof StatusError)) throw error;
  const fix = "correct the argument; Google would refuse it in the same way";
  return [issue("MR4103", resource ? `${resource.stack}/${resource.address}` : "plan", error.message, fix)];
}
