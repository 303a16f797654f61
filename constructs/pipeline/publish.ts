import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { ENV } from "../../contract/environment";
import { addIssue, type AnyContract, checkAtSynth, type IWorkload } from "../core";
import type { ITopic } from "../pubsub/topic";

/** Where a handler publishes what its contract says that it publishes. */
export interface Publications {
  /** Lets the handler publish an event to a topic, and tells it which one. */
  to(event: string, topic: ITopic, dependsOn?: readonly ITerraformDependable[]): void;
}

/** What `defineTopic` takes for a name. */
const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** Grants and variables follow from `publishes`; an event that has no topic by synth is an error. */
export function publications(
  construct: Construct,
  { manifest }: AnyContract,
  workload: Pick<IWorkload, "serviceAccount" | "extendEnvironment">,
): Publications {
  const { name, publishes = [] } = manifest;
  const topics = new Map<string, ITopic>();
  checkAtSynth(construct, () => {
    for (const event of publishes)
      if (!NAME.test(event))
        addIssue(construct, "MR1662", {
          problem: `"${event}" is not the name of a topic`,
          got: event,
          want: String(NAME),
        });
      else if (!topics.has(event))
        addIssue(construct, "MR1661", {
          problem: `contract "${name}" publishes "${event}", and nothing says where`,
          got: event,
        });
  });
  return {
    to(event, topic, dependsOn) {
      const earlier = topics.get(event);
      if (!publishes.includes(event))
        addIssue(construct, "MR1660", {
          problem: `contract "${name}" does not publish "${event}"`,
          got: event,
          want: publishes.join(", ") || undefined,
        });
      else if (earlier && earlier.name !== topic.name)
        addIssue(construct, "MR1662", {
          problem: `"${event}" is to go to ${earlier.name} and to ${topic.name}`,
          got: topic.name,
          fix: "publish to one topic, and give both pipelines that topic: each consumer has a subscription of its own",
        });
      else {
        topics.set(event, topic);
        workload.extendEnvironment(ENV.topics, `${event}=${topic.name}`);
        topic.grantPublish(workload.serviceAccount, { reason: `publishes "${event}"`, dependsOn });
      }
    },
  };
}
