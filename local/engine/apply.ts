import { type Issue, IssuesError } from "../../contract/issue";
import type { Json } from "../../contract/json";
import { issue } from "../plan/issues";
import { StatusError } from "../wire/rest";
import type { Journal, Journaled } from "./journal";
import type { PlannedResource } from "../plan/plan";
import type { PubSub } from "./pubsub";
import type { System } from "./system";

/** Names that the plan, and no client, has created. */
interface Owned {
  readonly topics: readonly string[];
  readonly subscriptions: readonly string[];
}

/** What applying a plan to the state of an earlier run did, for a person. */
export interface Applied {
  /** Subscriptions made anew because what cannot change has changed; their backlog is gone, as on Google Cloud. */
  readonly replaced: readonly string[];
  /** Topics and subscriptions that are no longer in the plan. */
  readonly removed: readonly string[];
}

/** Brings Pub/Sub to what a plan asks for. Topics and subscriptions that clients have created stay as they are. */
export interface PlanRecord extends Journaled {
  /** @throws IssuesError MR4103 with everything the broker refuses */
  apply(system: Pick<System, "topics" | "subscriptions">, pubsub: PubSub): Applied;
}

export function createPlanRecord(journal: Journal): PlanRecord {
  const journalName = "plan";
  let owned: Owned = { topics: [], subscriptions: [] };
  return {
    journalName,
    replay: (entry) => void (owned = entry as unknown as Owned),
    *compact() {
      yield owned as unknown as Json;
    },
    apply({ topics, subscriptions }, pubsub) {
      const issues: Issue[] = [];
      const next: Owned = {
        topics: topics.map(({ config }) => config.name),
        subscriptions: subscriptions.map(({ config }) => config.name),
      };
      const guarded = (resource: PlannedResource | undefined, run: () => void) => {
        try {
          run();
        } catch (error) {
          if (!(error instanceof StatusError)) throw error;
          const fix = "correct the argument; Google would refuse it in the same way";
          issues.push(issue("MR4103", resource ? `${resource.stack}/${resource.address}` : "plan", error.message, fix));
        }
      };
      const known = new Map(pubsub.subscriptions().map((config) => [config.name, config]));
      const gone = owned.subscriptions.filter((name) => !next.subscriptions.includes(name) && known.has(name));
      const existing = new Set(pubsub.topics().map(({ name }) => name));
      const goneTopics = owned.topics.filter((name) => !next.topics.includes(name) && existing.has(name));
      gone.forEach((name) => pubsub.deleteSubscription(name));
      goneTopics.forEach((name) => pubsub.deleteTopic(name));
      const replaced: string[] = [];
      for (const { config, resource } of topics) guarded(resource, () => pubsub.ensureTopic(config));
      for (const { config, resource } of subscriptions) {
        const before = known.get(config.name);
        // Force-new in the provider: topic, filter, enable_message_ordering.
        if (before && (["topic", "filter", "ordering"] as const).some((field) => before[field] !== config[field])) {
          pubsub.deleteSubscription(config.name);
          replaced.push(config.name);
        }
        guarded(resource, () => pubsub.ensureSubscription(config));
      }
      if (issues.length > 0) throw new IssuesError(issues);
      owned = next;
      journal.append(journalName, owned as unknown as Json);
      return { replaced, removed: [...gone, ...goneTopics] };
    },
  };
}
