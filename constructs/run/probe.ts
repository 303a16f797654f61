import type { Construct } from "constructs";
import { HEALTH_PATH } from "../../contract/environment";
import { check, isKnown, type Rule } from "../core";

interface Timing {
  /** Seconds before the first question, 0–240; of a liveness probe 0–3600. @default 0 */
  readonly initialDelaySeconds?: number;
  /** Seconds between questions, 1–240; of a liveness probe 1–3600. @default 10 */
  readonly periodSeconds?: number;
  /** Seconds to wait for an answer, at most the period. @default 1 */
  readonly timeoutSeconds?: number;
  /** Failures after which the instance is given up. @default 3 */
  readonly failureThreshold?: number;
  /** @default the container's */
  readonly port?: number;
}

/** Asks over HTTP/1; any answer from 200 to 399 will do. */
export interface HttpProbe extends Timing {
  readonly by?: "http";
  /** @default the runtime's own health path */
  readonly path?: string;
  /** Headers of the question. @default none */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks the health service of gRPC. */
export interface GrpcProbe extends Timing {
  readonly by: "grpc";
  /** Service that is asked for. @default the server as a whole */
  readonly service?: string;
}

/** Opens a connection. */
export interface TcpProbe extends Timing {
  readonly by: "tcp";
}

/** Asks an instance whether it has started. */
export type Probe = HttpProbe | GrpcProbe | TcpProbe;

/** Asks an instance whether it should be replaced. Cloud Run has none over TCP. */
export type LivenessProbe = HttpProbe | GrpcProbe;

type Which = "startup" | "liveness";
type Numbers = Required<Omit<Timing, "port">>;

const numbersOf = ({
  initialDelaySeconds = 0,
  periodSeconds = 10,
  timeoutSeconds = 1,
  failureThreshold = 3,
}: Timing): Numbers => ({ initialDelaySeconds, periodSeconds, timeoutSeconds, failureThreshold });

/** The block of the provider. */
export const renderLiveness = (probe: LivenessProbe) => ({ ...numbersOf(probe), ...question(probe) });

export const renderProbe = (probe: Probe) => ({
  ...numbersOf(probe),
  ...(probe.by === "tcp" ? { tcpSocket: { port: probe.port } } : question(probe)),
});

function question(probe: LivenessProbe) {
  if (probe.by === "grpc") return { grpc: { port: probe.port, service: probe.service } };
  const { path = HEALTH_PATH, port, headers } = probe;
  const httpHeaders = headers && Object.entries(headers).map(([name, value]) => ({ name, value }));
  return { httpGet: { path, port, httpHeaders } };
}

/**
 * Reports probes that Google would refuse.
 * @param http2 whether the container speaks HTTP/2 alone
 */
export function checkProbe(construct: Construct, which: Which, probe: Probe, http2 = false): void {
  check(construct, { which, probe, http2, ...numbersOf(probe) }, RULES);
}

interface Checked extends Numbers {
  readonly which: Which;
  readonly probe: Probe;
  readonly http2: boolean;
}

/** google/run/v2/k8s.min.proto `Probe`. */
const RANGES: Readonly<Record<Which, readonly (readonly [keyof Numbers, number, number])[]>> = {
  startup: [
    ["initialDelaySeconds", 0, 240],
    ["periodSeconds", 1, 240],
    ["timeoutSeconds", 1, 240],
    ["failureThreshold", 1, Number.MAX_SAFE_INTEGER],
  ],
  liveness: [
    ["initialDelaySeconds", 0, 3_600],
    ["periodSeconds", 1, 3_600],
    ["timeoutSeconds", 1, 3_600],
    ["failureThreshold", 1, Number.MAX_SAFE_INTEGER],
  ],
};

/** Longest start: 600 s on the current page, 240 s on older copies of it. */
const LONGEST_SECONDS = 600;
const DOUBTFUL_SECONDS = 240;

const total = ({ failureThreshold, periodSeconds }: Numbers) => failureThreshold * periodSeconds;

const RULES: readonly Rule<Checked>[] = [
  ...[0, 1, 2, 3].map((index): Rule<Checked> => ({
    code: "MR1310",
    fault: (checked) => {
      const [field, least, most] = RANGES[checked.which][index]!;
      const value = checked[field];
      return (
        isKnown(value) &&
        !(Number.isInteger(value) && value >= least && value <= most) && {
          problem: `${field} of the ${checked.which} probe is ${value}`,
          got: String(value),
          want: most === Number.MAX_SAFE_INTEGER ? `a whole number ≥ ${least}` : `a whole number ${least}–${most}`,
        }
      );
    },
  })),
  {
    code: "MR1310",
    fault: ({ which, timeoutSeconds, periodSeconds }) =>
      timeoutSeconds > periodSeconds && {
        problem: `the ${which} probe waits ${timeoutSeconds} s for an answer and asks again every ${periodSeconds} s`,
        got: `${timeoutSeconds}s`,
        want: `≤ ${periodSeconds}s`,
      },
  },
  {
    code: "MR1310",
    fault: (checked) =>
      checked.which === "startup" &&
      total(checked) > LONGEST_SECONDS && {
        problem: `the startup probe allows ${total(checked)} s to start, Cloud Run ${LONGEST_SECONDS} s`,
        got: `${total(checked)}s`,
        want: `failureThreshold × periodSeconds ≤ ${LONGEST_SECONDS}`,
      },
  },
  {
    // https://cloud.google.com/run/docs/configuring/healthchecks
    code: "MR1310",
    fault: ({ which, probe, http2 }) =>
      http2 &&
      (probe.by ?? "http") === "http" && {
        problem: `the ${which} probe asks over HTTP/1, and the container speaks HTTP/2 alone`,
        fix: 'ask by: "grpc", or let the container speak HTTP/1',
      },
  },
  {
    code: "MR1315",
    severity: "warning",
    fault: (checked) =>
      checked.which === "startup" &&
      total(checked) > DOUBTFUL_SECONDS &&
      total(checked) <= LONGEST_SECONDS && { problem: `the startup probe allows ${total(checked)} s to start` },
  },
];
