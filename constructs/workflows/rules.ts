import { type Callee, calleesOf } from "../../language/workflows/callees";
import { visitRoutine } from "../../language/workflows/check/visit";
import { depthOf, repeatedCalls } from "../../language/workflows/nesting";
import type { Workflow as WorkflowModel } from "../../language/workflows/model";
import { type Fault, type IPushTarget, isKnown, type Rule } from "../core";

/** google/cloud/workflows/v1/workflows.proto */
export const WORKFLOW_LIMITS = {
  description: 1_000,
  variables: 20,
  /** Bytes of a variable's value. */
  variable: 4 * 1_024,
} as const;

/** What a definition may grow to before somebody says so. */
const LARGE = { steps: 80, depth: 5, bytes: 100 * 1_024 };

/** A workflow's props, read. */
export interface ResolvedWorkflow {
  readonly description?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly source: string;
  readonly model?: WorkflowModel;
  /** The constructs that it calls, by the variable that holds their URL. */
  readonly targets: Readonly<Record<string, IPushTarget>>;
}

const KEY = /^(?!GOOGLE|WORKFLOWS)./;

/** What leaves the workflow; URLs of constructs stand for themselves. */
export const callsOf = ({
  model,
  targets,
  environment,
}: Pick<ResolvedWorkflow, "model" | "targets" | "environment">): readonly Callee[] =>
  model
    ? calleesOf(model, {
        ...Object.fromEntries(Object.entries(environment).filter(([, value]) => isKnown(value))),
        ...Object.fromEntries(Object.keys(targets).map((name) => [name, `env:${name}/`])),
      })
    : [];

/** The construct that a request goes to. */
export const targetOf = ({ args }: Callee, targets: ResolvedWorkflow["targets"]): IPushTarget | undefined => {
  const name = /^env:(\w+)\//.exec(args.url?.text ?? "")?.[1];
  return name === undefined ? undefined : targets[name];
};

/** What Workflows refuses, and what it accepts and somebody will regret. */
export const WORKFLOW_RULES: readonly Rule<ResolvedWorkflow>[] = [
  {
    code: "MR1551",
    fault: ({ description = "" }) =>
      isKnown(description) &&
      description.length > WORKFLOW_LIMITS.description && {
        problem: `the description has ${description.length} characters; at most ${WORKFLOW_LIMITS.description} are allowed`,
      },
  },
  {
    code: "MR1552",
    fault: ({ environment, targets }) => {
      const count = Object.keys(environment).length;
      const own = Object.keys(targets).length;
      return (
        count > WORKFLOW_LIMITS.variables && {
          problem: `${count} variables, ${own} of them the URLs of what is called; a workflow takes ${WORKFLOW_LIMITS.variables}`,
          got: String(count),
          want: `≤ ${WORKFLOW_LIMITS.variables}`,
        }
      );
    },
  },
  {
    code: "MR1552",
    fault: ({ environment }) => {
      const odd = Object.keys(environment).filter((name) => isKnown(name) && !KEY.test(name));
      return (
        odd.length > 0 && {
          problem: `the variables ${odd.map((name) => `"${name}"`).join(", ")} are Google's own or have no name`,
          got: odd.join(", "),
        }
      );
    },
  },
  {
    code: "MR1552",
    fault: ({ environment }) => {
      const long = Object.entries(environment).find(
        ([, value]) => isKnown(value) && Buffer.byteLength(value) > WORKFLOW_LIMITS.variable,
      );
      return (
        long && {
          problem: `the variable ${long[0]} holds ${Buffer.byteLength(long[1])} bytes; at most ${WORKFLOW_LIMITS.variable} are allowed`,
        }
      );
    },
  },
  { code: "MR1558", severity: "warning", fault: withoutRetry },
  { code: "MR1559", severity: "warning", fault: tooLarge },
  { code: "MR1562", severity: "warning", fault: tooImpatient },
  { code: "MR1564", severity: "warning", fault: storm },
];

/** A call that may fail for a moment, and takes the whole execution with it. */
function withoutRetry(workflow: ResolvedWorkflow): Fault | false {
  // Connectors retry by themselves.
  const bare = callsOf(workflow).filter(({ kind, guarded }) => kind === "http" && !guarded);
  const steps = [...new Set(bare.map(({ path }) => path))];
  return (
    steps.length > 0 && { problem: `${steps.join(", ")} call without try: one error of theirs ends the execution` }
  );
}

function tooLarge({ model, source }: ResolvedWorkflow): Fault | false {
  if (!model) return false;
  const steps = [...model.routines.values()].map((routine) => {
    const paths = new Set<string>();
    visitRoutine(routine, { action: (_, path) => void paths.add(path) });
    return { name: routine.name, count: paths.size };
  });
  const large = steps.find(({ count }) => count > LARGE.steps);
  if (large)
    return {
      problem: `${large.name} has ${large.count} steps; more than ${LARGE.steps} are hard to follow and to change`,
    };
  const deep = [...model.routines.values()].find((routine) => depthOf(routine) > LARGE.depth);
  if (deep)
    return {
      problem: `${deep.name} has steps within steps ${depthOf(deep)} deep; more than ${LARGE.depth} are hard to follow`,
      got: String(depthOf(deep)),
      want: `≤ ${LARGE.depth}`,
    };
  const bytes = Buffer.byteLength(source);
  return bytes > LARGE.bytes && { problem: `the definition has ${bytes} bytes of the 131072 that Google takes` };
}

/** Repetitions of one call, by errors alone, above which somebody says so. */
const STORM = 100;

/** Retries within retries multiply: what is down is called again and again by every layer. */
function storm({ model }: ResolvedWorkflow): Fault | false {
  const worst = model && repeatedCalls(model).find(({ attempts }) => attempts > STORM);
  return (
    worst !== undefined && {
      problem: `${worst.path} calls ${worst.function} up to ${worst.attempts} times for one error that stays: the retries around it multiply`,
      got: String(worst.attempts),
      want: `≤ ${STORM}`,
    }
  );
}

/** Google's default for a request, seconds. */
const DEFAULT_TIMEOUT = 300;

function tooImpatient(workflow: ResolvedWorkflow): Fault | false {
  for (const callee of callsOf(workflow)) {
    const wanted = targetOf(callee, workflow.targets)?.requestTimeoutSeconds;
    const { timeoutSeconds = DEFAULT_TIMEOUT, path } = callee;
    if (wanted !== undefined && timeoutSeconds < wanted)
      return {
        problem: `${path} waits ${timeoutSeconds} s for a service that may take ${wanted} s: the work goes on when the step has failed`,
        got: `${timeoutSeconds} s`,
        want: `≥ ${wanted} s`,
      };
  }
  return false;
}
