import { isKnown, type Rule } from "../core";
import type { DataflowJobProps } from "./job-props";

/** The highest number that a template may be launched with (templates API, `max_workers`). */
const MOST_WORKERS = 1_000;
/** More than this on a template is more often a slip than a need. */
const MANY_WORKERS = 20;

const maxOf = ({ workers }: DataflowJobProps) => workers?.max ?? 1;
const isStreaming = ({ template }: DataflowJobProps) => template.mode === "streaming";

export const JOB_RULES: readonly Rule<DataflowJobProps>[] = [
  {
    code: "MR1760",
    fault: (props) => {
      const { max, initial } = props.workers ?? {};
      const wrong = [max, initial].filter((count) => count !== undefined).find((count) => !isCount(count));
      if (wrong !== undefined)
        return { problem: `${wrong} workers`, got: String(wrong), want: `1–${MOST_WORKERS}, whole` };
      return (
        initial !== undefined &&
        max !== undefined &&
        initial > max && { problem: `${initial} workers to begin with, and at most ${max}`, got: String(initial) }
      );
    },
  },
  {
    code: "MR1760",
    fault: ({ template, workers }) =>
      workers?.initial !== undefined &&
      template.form === "classic" && {
        problem: "a classic template takes no number of workers to begin with",
        got: String(workers.initial),
        fix: "leave it out",
      },
  },
  {
    code: "MR1761",
    severity: "warning",
    fault: (props) =>
      maxOf(props) > MANY_WORKERS && {
        problem: `up to ${maxOf(props)} workers may run at a time`,
        got: String(maxOf(props)),
      },
  },
  {
    code: "MR1762",
    severity: "warning",
    fault: ({ network = {} }) =>
      network.publicAddresses !== true &&
      network.subnetwork === undefined && {
        problem:
          "the workers have no public address, and the default subnetwork reaches no API of Google's unless Private Google Access was turned on",
      },
  },
  {
    code: "MR1763",
    fault: ({ network = {} }) =>
      network.subnetwork !== undefined &&
      isKnown(network.subnetwork) &&
      !SUBNETWORK.test(network.subnetwork) && {
        problem: `"${network.subnetwork}" is not how Dataflow names a subnetwork`,
        got: network.subnetwork,
        want: "regions/europe-west1/subnetworks/workers",
      },
  },
  {
    code: "MR1764",
    severity: "warning",
    fault: ({ workers }) =>
      workers?.machineType !== undefined &&
      SHARED_CORE.test(workers.machineType) && {
        problem: `machines of type ${workers.machineType} share a core`,
        got: workers.machineType,
      },
  },
  {
    code: "MR1765",
    fault: (props) => {
      const { updateStrategy, renamedSteps, onDelete, workers } = props;
      if (isStreaming(props)) return undefined;
      if (updateStrategy !== undefined)
        return { problem: `${updateStrategy} is for jobs that run on`, got: updateStrategy };
      if (renamedSteps) return { problem: "renamed steps are for jobs that are updated in place" };
      if (onDelete === "drain") return { problem: "a batch job cannot be drained", got: onDelete, want: "cancel" };
      return workers?.streamingEngine !== undefined && { problem: "Streaming Engine is for streaming jobs" };
    },
  },
  {
    code: "MR1766",
    severity: "warning",
    fault: (props) =>
      !isStreaming(props) && {
        problem: "Terraform finds a batch job that has ended gone, and starts it again at the next apply",
      },
  },
  {
    code: "MR1767",
    severity: "warning",
    fault: (props) =>
      isStreaming(props) &&
      props.onDelete === "cancel" && {
        problem: "a job that is replaced or destroyed throws away what it has read and not yet written",
        got: "cancel",
      },
  },
  {
    code: "MR1768",
    fault: ({ renamedSteps, updateStrategy = "in-place" }) =>
      renamedSteps !== undefined &&
      updateStrategy !== "in-place" && {
        problem: `renamed steps say how a job takes over the state of another, and with ${updateStrategy} none is taken over`,
        got: updateStrategy,
        want: "in-place",
      },
  },
];

const isCount = (count: number) => Number.isInteger(count) && count >= 1 && count <= MOST_WORKERS;
const SUBNETWORK =
  /^(regions\/[^/]+\/subnetworks\/[^/]+|https:\/\/www\.googleapis\.com\/compute\/v1\/projects\/[^/]+\/regions\/[^/]+\/subnetworks\/[^/]+)$/;
/** https://cloud.google.com/compute/docs/general-purpose-machines#sharedcore */
const SHARED_CORE = /^(f1-micro|g1-small|e2-(micro|small|medium))$/;
