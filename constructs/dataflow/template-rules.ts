import { nearest } from "../../language/nearest";
import type { Rule } from "../core";
import { Subscription } from "../pubsub/subscription";
import { faultOf } from "./bind-parameter";
import { DATAFLOW_TEMPLATES } from "./catalogue";
import type { ParameterValue } from "./parameter";
import type { TemplateUse } from "./template";

const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(", ");

const given = ({ parameters }: TemplateUse, name: string) => parameters[name] !== undefined;

/** Shows a value that will not do. */
const shown = (value: ParameterValue) => (typeof value === "object" ? "something else" : JSON.stringify(value));

/** Options of the pipeline's runner, which belong to the job. https://cloud.google.com/dataflow/docs/reference/pipeline-options */
const RUNNER_OPTIONS = [
  "autoscalingAlgorithm",
  "maxNumWorkers",
  "network",
  "numWorkers",
  "region",
  "serviceAccount",
  "serviceAccountEmail",
  "stagingLocation",
  "subnetwork",
  "tempLocation",
  "workerMachineType",
  "zone",
];

/** What a template refuses when it starts, which is long after the apply, and what it does that is seldom meant. */
export const TEMPLATE_RULES: readonly Rule<TemplateUse>[] = [
  {
    code: "MR1751",
    fault: ({ title, catalogue }) => {
      if (catalogue !== undefined || title.startsWith("gs://")) return undefined;
      const near = nearest(title, Object.keys(DATAFLOW_TEMPLATES));
      return {
        problem: `"${title}" is neither in the catalogue of Google's templates nor a gs:// path`,
        got: title,
        ...(near && { fix: `did you mean ${near}?` }),
      };
    },
  },
  {
    code: "MR1752",
    fault: ({ title, catalogue, parameters }) => {
      if (!catalogue) return undefined;
      const known = Object.keys(catalogue.parameters);
      const unknown = Object.keys(parameters).filter((name) => !known.includes(name));
      const near = unknown.map((name) => nearest(name, known)).find((name) => name !== undefined);
      return (
        unknown.length > 0 && {
          problem: `${title} has no parameter ${quoted(unknown)}`,
          got: unknown.join(", "),
          want: known.join(", "),
          ...(near && { fix: `did you mean ${near}?` }),
        }
      );
    },
  },
  {
    code: "MR1753",
    fault: (use) => {
      const { title, catalogue } = use;
      if (!catalogue) return undefined;
      const required = Object.entries(catalogue.parameters).filter(([, { required }]) => required);
      const missing = required.map(([name]) => name).filter((name) => !given(use, name));
      return missing.length > 0 && { problem: `${title} needs ${quoted(missing)}`, want: missing.join(", ") };
    },
  },
  {
    code: "MR1753",
    fault: (use) => {
      const choice = use.catalogue?.exactlyOne ?? [];
      const chosen = choice.filter((name) => given(use, name));
      return (
        choice.length > 0 &&
        chosen.length !== 1 && {
          problem: `${use.title} takes exactly one of ${quoted(choice)}, and has ${chosen.length === 0 ? "none" : quoted(chosen)}`,
          want: choice.join(" or "),
        }
      );
    },
  },
  {
    code: "MR1754",
    fault: ({ catalogue, parameters }) => {
      for (const [name, value] of Object.entries(parameters)) {
        const parameter = catalogue?.parameters[name];
        if (!parameter || value === undefined) continue;
        const { kind, choices } = parameter;
        if (choices && typeof value === "string" && !choices.includes(value))
          return { problem: `${name} is ${shown(value)}`, got: value, want: choices.join(", ") };
        const fault = faultOf(kind, value);
        if (fault) return { problem: `${name} is ${shown(value)}`, got: shown(value), want: fault.want };
      }
      return undefined;
    },
  },
  {
    // v2/googlecloud-to-googlecloud: PubSubToBigQuery checks it when the pipeline is built.
    code: "MR1753",
    fault: (use) => {
      const needs = ["numStorageWriteApiStreams", "storageWriteApiTriggeringFrequencySec"];
      const on = (name: string) => [true, "true"].some((yes) => use.parameters[name] === yes);
      const missing = needs.filter((name) => !given(use, name));
      return (
        on("useStorageWriteApi") &&
        !on("useStorageWriteApiAtLeastOnce") &&
        missing.length > 0 && {
          problem: `writing exactly once by the Storage Write API needs ${quoted(missing)}`,
          want: missing.join(", "),
          fix: "set them, or useStorageWriteApiAtLeastOnce",
        }
      );
    },
  },
  {
    code: "MR1755",
    severity: "warning",
    fault: ({ title, catalogue, parameters }) => {
      const topics = Object.keys(parameters).filter((name) => catalogue?.parameters[name]?.kind === "input-topic");
      return (
        topics.length > 0 && {
          problem: `${title} reads a topic by a subscription that it makes itself: what is published while no job runs is lost`,
          got: topics.join(", "),
        }
      );
    },
  },
  {
    code: "MR1756",
    severity: "warning",
    fault: ({ parameters }) => {
      const exact = Object.values(parameters).find(
        (value) => value instanceof Subscription && value.resource.enableExactlyOnceDeliveryInput === true,
      ) as Subscription | undefined;
      return (
        exact && { problem: `${exact.node.path} delivers exactly once, which Dataflow does itself, and slower so` }
      );
    },
  },
  {
    code: "MR1757",
    severity: "warning",
    fault: (use) => {
      const { catalogue, title } = use;
      const unless = catalogue?.sinkUnless;
      return (
        unless !== undefined &&
        !unless.some((name) => given(use, name)) && {
          problem: `${title} without a function of yours does what a subscription does that writes by itself, at the price of workers that always run`,
        }
      );
    },
  },
  {
    code: "MR1758",
    severity: "warning",
    fault: (use) => {
      const name = use.catalogue?.failedRows;
      return (
        name !== undefined &&
        !given(use, name) && {
          problem: `${use.title} would make a table for the rows it cannot write, which a worker that may write its own table only may not`,
          want: name,
        }
      );
    },
  },
  {
    code: "MR1759",
    severity: "warning",
    fault: ({ catalogue, parameters }) => {
      const options = catalogue ? [] : Object.keys(parameters).filter((name) => RUNNER_OPTIONS.includes(name));
      return (
        options.length > 0 && {
          problem: `${quoted(options)} are options of the runner; Terraform sets them from the job and reads them back as a change`,
          got: options.join(", "),
        }
      );
    },
  },
];
