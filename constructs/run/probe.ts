import type { Construct } from "constructs";
import { HEALTH_PATH } from "../../contract/environment";
import { check, isKnown, type Rule } from "../core";

/** Asks an instance over HTTP whether it has started. */
export interface Probe {
  /** @default the runtime's own health path */
  readonly path?: string;
  /** Seconds before the first question, 0–240. @default 0 */
  readonly initialDelaySeconds?: number;
  /** Seconds between questions, 1–240. @default 10 */
  readonly periodSeconds?: number;
  /** Seconds to wait for an answer, at most the period. @default 1 */
  readonly timeoutSeconds?: number;
  /** Failures after which the instance is given up. @default 3 */
  readonly failureThreshold?: number;
}

const resolved = (probe: Probe): Required<Probe> => ({
  path: HEALTH_PATH,
  initialDelaySeconds: 0,
  periodSeconds: 10,
  timeoutSeconds: 1,
  failureThreshold: 3,
  ...probe,
});

/** The block of the provider. */
export function renderProbe(probe: Probe) {
  const { path, ...numbers } = resolved(probe);
  return { ...numbers, httpGet: { path } };
}

/** Reports numbers that Google would refuse. */
export const checkProbe = (construct: Construct, probe: Probe): void => check(construct, resolved(probe), RULES);

/** google/run/v2/k8s.min.proto `Probe`. */
const RANGES = [
  ["initialDelaySeconds", 0, 240],
  ["periodSeconds", 1, 240],
  ["timeoutSeconds", 1, 240],
  ["failureThreshold", 1, Number.MAX_SAFE_INTEGER],
] as const;

/** Longest start: 600 s on the current page, 240 s on older copies of it. */
const LONGEST_SECONDS = 600;
const DOUBTFUL_SECONDS = 240;

const total = ({ failureThreshold, periodSeconds }: Required<Probe>) => failureThreshold * periodSeconds;

const RULES: readonly Rule<Required<Probe>>[] = [
  ...RANGES.map(([field, least, most]): Rule<Required<Probe>> => ({
    code: "MR1310",
    fault: (probe) =>
      isKnown(probe[field]) &&
      !(Number.isInteger(probe[field]) && probe[field] >= least && probe[field] <= most) && {
        problem: `${field} of the startup probe is ${probe[field]}`,
        got: String(probe[field]),
        want: most === Number.MAX_SAFE_INTEGER ? `a whole number ≥ ${least}` : `a whole number ${least}–${most}`,
      },
  })),
  {
    code: "MR1310",
    fault: ({ timeoutSeconds, periodSeconds }) =>
      timeoutSeconds > periodSeconds && {
        problem: `the startup probe waits ${timeoutSeconds} s for an answer and asks again every ${periodSeconds} s`,
        got: `${timeoutSeconds}s`,
        want: `≤ ${periodSeconds}s`,
      },
  },
  {
    code: "MR1310",
    fault: (probe) =>
      total(probe) > LONGEST_SECONDS && {
        problem: `the startup probe allows ${total(probe)} s to start, Cloud Run ${LONGEST_SECONDS} s`,
        got: `${total(probe)}s`,
        want: `failureThreshold × periodSeconds ≤ ${LONGEST_SECONDS}`,
      },
  },
  {
    code: "MR1315",
    severity: "warning",
    fault: (probe) =>
      total(probe) > DOUBTFUL_SECONDS &&
      total(probe) <= LONGEST_SECONDS && { problem: `the startup probe allows ${total(probe)} s to start` },
  },
];
