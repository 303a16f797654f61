import type { Rule } from "../core";
import { isKnown } from "../core";

/** How much one instance of a workload gets. */
export interface Machine {
  readonly cpu: number;
  readonly memory: string;
}

/** How much one instance of a workload gets, and how many there may be. */
export interface Sizing {
  /** vCPUs of one instance: 0.08 to below 1, or 1, 2, 4, 6, 8. @default 1 */
  readonly cpu?: number;
  /** Memory of one instance, 128Mi–32Gi within what the vCPUs allow. @default "512Mi" */
  readonly memory?: string;
  /** Instances kept warm, and paid for while idle. @default 0 */
  readonly minInstances?: number;
  /** Most instances at a time; protects what is downstream. @default 10 */
  readonly maxInstances?: number;
}

/** Sizing and load with every default in place. */
export interface ResolvedSize extends Machine {
  readonly minInstances: number;
  readonly maxInstances: number;
  /** Requests at a time in one instance. */
  readonly concurrency: number;
  readonly timeoutSeconds: number;
  /** Seconds the contract needs a request to last; undefined without a contract. */
  readonly neededSeconds?: number;
}

/**
 * Memory that goes with a number of vCPUs, MiB. https://cloud.google.com/run/docs/configuring/services/memory-limits
 * The bounds below 1 vCPU are on https://cloud.google.com/run/docs/configuring/services/cpu.
 */
const MEMORY: readonly { readonly cpu: number; readonly min: number; readonly max: number }[] = [
  { cpu: 0.08, min: 128, max: 512 },
  { cpu: 0.5, min: 128, max: 1024 },
  { cpu: 1, min: 128, max: 4096 },
  { cpu: 2, min: 128, max: 8192 },
  { cpu: 4, min: 2048, max: 16_384 },
  { cpu: 6, min: 4096, max: 24_576 },
  { cpu: 8, min: 4096, max: 32_768 },
];
const WHOLE = [1, 2, 4, 6, 8];

/** Longest request of a service or an HTTP function. https://cloud.google.com/run/docs/configuring/request-timeout */
const LONGEST_REQUEST_SECONDS = 3_600;

/** MiB of `512Mi` or `2Gi`; undefined for what is not of that form. */
export function mebibytes(memory: string): number | undefined {
  const match = /^([1-9]\d*)(Mi|Gi)$/.exec(memory);
  return match ? Number(match[1]) * (match[2] === "Gi" ? 1024 : 1) : undefined;
}

const cpuAllowed = (cpu: number) => WHOLE.includes(cpu) || (cpu >= 0.08 && cpu < 1);
const known = (...values: unknown[]) => values.every(isKnown);
const whole = (value: number, least: number, most: number) =>
  Number.isInteger(value) && value >= least && value <= most;

/** What Cloud Run has as an instance, whatever runs on it. The provider checks none of it before the apply. */
export const MACHINE_RULES: readonly Rule<Machine>[] = [
  {
    code: "MR1301",
    fault: ({ cpu }) =>
      known(cpu) &&
      !cpuAllowed(cpu) && {
        problem: `an instance cannot have ${cpu} vCPUs`,
        got: String(cpu),
        want: "0.08–1, 2, 4, 6, 8",
      },
  },
  {
    code: "MR1302",
    fault: ({ cpu, memory }) => {
      if (!known(cpu, memory)) return false;
      const size = mebibytes(memory);
      if (size === undefined)
        return { problem: `"${memory}" is not an amount of memory`, got: memory, want: "512Mi or 2Gi" };
      const row = MEMORY.findLast((each) => cpu >= each.cpu);
      if (row === undefined || (size >= row.min && size <= row.max)) return false;
      const range = `${row.min}Mi–${row.max}Mi`;
      return {
        problem: `an instance with ${cpu} vCPUs has ${range} of memory, not ${memory}`,
        got: memory,
        want: range,
      };
    },
  },
];

/** What Cloud Run, and functions on top of it, accept. */
export const SIZE_RULES: readonly Rule<ResolvedSize>[] = [
  ...MACHINE_RULES,
  {
    code: "MR1303",
    fault: ({ cpu, concurrency }) =>
      known(cpu, concurrency) &&
      cpu < 1 &&
      concurrency > 1 && {
        problem: `an instance with ${cpu} vCPUs takes one request at a time, not ${concurrency}`,
        got: String(concurrency),
        want: "1",
        fix: "set the contract's concurrency to 1, or cpu to 1 or more",
      },
  },
  {
    code: "MR1304",
    fault: ({ minInstances, maxInstances }) =>
      known(minInstances, maxInstances) &&
      (!whole(minInstances, 0, Number.MAX_SAFE_INTEGER) || !whole(maxInstances, Math.max(1, minInstances), 1e6)) && {
        problem: `there would be at least ${minInstances} and at most ${maxInstances} instances`,
        got: `${minInstances}–${maxInstances}`,
        want: "whole numbers, 0 ≤ minInstances ≤ maxInstances, maxInstances ≥ 1",
      },
  },
  {
    code: "MR1305",
    fault: ({ timeoutSeconds }) =>
      known(timeoutSeconds) &&
      (timeoutSeconds <= 0 || timeoutSeconds > LONGEST_REQUEST_SECONDS) && {
        problem: `a request cannot last ${timeoutSeconds} s`,
        got: `${timeoutSeconds}s`,
        want: `1s–${LONGEST_REQUEST_SECONDS}s`,
      },
  },
  {
    code: "MR1306",
    fault: ({ timeoutSeconds, neededSeconds }) =>
      neededSeconds !== undefined &&
      known(timeoutSeconds) &&
      timeoutSeconds < neededSeconds && {
        problem: `requests end after ${timeoutSeconds} s, but the contract lets the handler answer for ${neededSeconds} s; it would be cut off in the middle`,
        got: `${timeoutSeconds}s`,
        want: `≥ ${neededSeconds}s`,
      },
  },
  {
    code: "MR1307",
    fault: ({ concurrency }) =>
      known(concurrency) &&
      !whole(concurrency, 1, 1000) && {
        problem: `an instance cannot take ${concurrency} requests at a time`,
        got: String(concurrency),
        want: "1–1000",
      },
  },
];
