import type { IConstruct } from "constructs";
import { check, type Rule } from "../core";

/** A runtime's life and the image that its code runs on. */
export interface Runtime {
  /** From this day on Google warns and no longer patches; ISO date. */
  readonly deprecated?: string;
  /** From the day after it is neither created nor updated; ISO date. */
  readonly decommissioned?: string;
  /** Stack of Google's base image, `REGION-docker.pkg.dev/serverless-runtimes/STACK/runtimes/RUNTIME`. */
  readonly stack: string;
}

/**
 * Node.js runtimes, read 2026-11-22. https://cloud.google.com/run/docs/runtimes/function-runtimes
 * Stacks: https://cloud.google.com/docs/buildpacks/base-images
 */
export const RUNTIMES = {
  nodejs18: { deprecated: "2025-04-30", decommissioned: "2025-10-30", stack: "google-22" },
  nodejs20: { deprecated: "2026-04-30", decommissioned: "2026-10-30", stack: "google-22" },
  nodejs22: { deprecated: "2027-04-30", decommissioned: "2027-10-31", stack: "google-22" },
  nodejs24: { deprecated: "2028-04-30", decommissioned: "2028-10-31", stack: "google-24" },
} as const satisfies Record<string, Runtime>;

export type RuntimeName = keyof typeof RUNTIMES;

export const DEFAULT_RUNTIME: RuntimeName = "nodejs22";

/** Google's image of a runtime, hosted in every region. */
export const baseImage = (runtime: RuntimeName, region: string): string =>
  `${region}-docker.pkg.dev/serverless-runtimes/${RUNTIMES[runtime].stack}/runtimes/${runtime}`;

/** Context key under which an app may fix the day that runtimes are judged by, ISO; for tests and repeatable builds. */
export const TODAY = "millrace:today";

/** Reports a runtime that Google no longer patches, or no longer deploys. Only findings depend on the day, never the plan. */
export function checkRuntime(construct: IConstruct, runtime: RuntimeName): void {
  const today = (construct.node.tryGetContext(TODAY) as string | undefined) ?? new Date().toISOString().slice(0, 10);
  check(construct, { runtime, today }, RULES);
}

interface Judged {
  readonly runtime: RuntimeName;
  readonly today: string;
}

/** The newest runtime that is not deprecated today. */
const advised = (today: string) =>
  (Object.keys(RUNTIMES) as RuntimeName[]).findLast((name) => RUNTIMES[name].deprecated > today) ?? DEFAULT_RUNTIME;

const RULES: readonly Rule<Judged>[] = [
  {
    code: "MR1320",
    fault: ({ runtime, today }) =>
      RUNTIMES[runtime].decommissioned < today && {
        problem: `${runtime} was decommissioned on ${RUNTIMES[runtime].decommissioned}; Google neither creates nor updates it`,
        got: runtime,
        want: advised(today),
      },
  },
  {
    code: "MR1321",
    severity: "warning",
    fault: ({ runtime, today }) =>
      RUNTIMES[runtime].deprecated < today &&
      RUNTIMES[runtime].decommissioned >= today && {
        problem: `${runtime} is deprecated since ${RUNTIMES[runtime].deprecated} and will not deploy after ${RUNTIMES[runtime].decommissioned}`,
        got: runtime,
        want: advised(today),
      },
  },
];
