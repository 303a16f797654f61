import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { ENV } from "../../contract/environment";
import { redriveVariables, type RedriveChoice } from "../../contract/redrive";
import type { Duration } from "../../language/duration";
import { acknowledge, type AnyContract, check, type IServiceAccount, type Rule } from "../core";
import type { IFirestoreDatabase } from "../firestore/database";
import type { MonitoringProps } from "../monitoring/monitored";
import type { DeadLetterTopic } from "../pubsub/dead-letter-topic";
import type { CodeOfHandler } from "./code";
import { RunJob } from "./run-job";
import type { UncalledKind, UncalledProps, UncalledTransport } from "./uncalled";

/** What a redrive job is told unless one execution is told otherwise, and what it runs on. */
export interface RedriveOptions
  extends
    RedriveChoice,
    MonitoringProps,
    Pick<UncalledProps, "cpu" | "memory" | "environment" | "secrets" | "vpc" | "volumes" | "encryption" | "labels">,
    Pick<CodeOfHandler, "runtime" | "minify"> {
  /** Longest execution, up to 7d; what is left then stays where it is. @default "1h", or as long as one event may take */
  readonly timeout?: Duration;
}

export interface RedriveJobProps extends RedriveOptions {
  /** Contract of the handler that failed. */
  readonly contract: AnyContract;
  /** Module whose default export is that handler, relative to the stack's `handlersDir`. */
  readonly entry: string;
  /** Where it parks; taken from its subscription. */
  readonly deadLetterTopic: DeadLetterTopic;
  /** Identity of the handler: its effects are made as it. @default an account of its own, for you to let do what it needs */
  readonly serviceAccount?: IServiceAccount;
  /** What the handler does beside its work; taken from its consumer. @default nothing */
  readonly transports?: readonly UncalledTransport[];
  /** Database of its records. @default the stack's `(default)` database, if the contract needs one */
  readonly store?: IFirestoreDatabase;
}

const REDRIVE: UncalledKind = {
  handler: "redrive",
  kind: "redrive job",
  collection: "jobs",
  template: "template[0].template[0]",
};

/**
 * A Cloud Run job that gives a handler its dead letters again, once the cause is mended. It carries the handler's code and
 * acts as the handler does, so that no ingress stands between them and no other handler sees a letter. Nothing starts it
 * but you, a schedule or a workflow of yours.
 */
export class RedriveJob extends RunJob {
  override readonly dependables: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: RedriveJobProps) {
    const { causes, keys, olderThan, newerThan, unparked, rate, limit, maxRedrives, dryRun, environment, ...rest } =
      props;
    const choice = { causes, keys, olderThan, newerThan, unparked, rate, limit, maxRedrives, dryRun };
    const { name, timeLimitMs } = props.contract.manifest;
    super(
      scope,
      id,
      {
        timeout: `${Math.max(HOUR_MS, 2 * timeLimitMs)}ms`,
        ...rest,
        name: `${name}-redrive`,
        environment,
        tasks: 1,
        retries: 0,
      },
      REDRIVE,
    );
    // A second attempt would take up again at once what the first one parked again.
    acknowledge(this, { code: "MR1367", reason: "letters that are left stay, for the next execution" });
    check(this, { ...props, choice }, RULES);
    for (const [variable, value] of Object.entries(redriveVariables(choice))) this.addEnvironment(variable, value);
    const { subscription } = props.deadLetterTopic;
    this.addEnvironment(ENV.subscription, subscription.name);
    const { resource } = subscription.grantConsume(this.serviceAccount, {
      reason: "takes dead letters to redrive them",
    });
    this.dependables = [this.resource, resource];
  }
}

const HOUR_MS = 3_600_000;

interface Checked extends RedriveJobProps {
  readonly choice: RedriveChoice;
}

const RULES: readonly Rule<Checked>[] = [
  {
    code: "MR1369",
    fault: ({ contract: { manifest } }) =>
      manifest.store === "memory" && {
        problem: `contract "${manifest.name}" keeps its records in memory, where no job can reopen them`,
        got: manifest.store,
        want: "firestore or postgres",
      },
  },
  {
    code: "MR1370",
    fault: ({ rate = 10, limit = 1, maxRedrives = 1 }) => {
      const whole = Object.entries({ limit, maxRedrives }).find(
        ([, value]) => !(Number.isInteger(value) && value >= 1),
      );
      if (whole) return { problem: `${whole[0]} ${whole[1]} is not a whole number from 1`, got: String(whole[1]) };
      return !(rate > 0) && { problem: `rate ${rate} is not above 0 a second`, got: String(rate) };
    },
  },
];
