import type { Construct } from "constructs";
import { check, isKnown, type Rule } from "../core";

/** Where a share of the requests goes. */
export interface TrafficShare {
  /**
   * The revision, without the service's name before it: `v1`. The service's own `revision` names the one that is being
   * deployed. @default the latest revision that is ready
   */
  readonly revision?: string;
  /** Share of the requests, 0–100. @default 0: reached by its tag alone */
  readonly percent?: number;
  /** Makes an address for this revision alone: `https://TAG---SERVICE-….run.app`. @default none */
  readonly tag?: string;
}

/** Which revision of a service gets how much. */
export interface TrafficProps {
  /**
   * Name of the revision that is deployed, after the service's: `v2`. It must change whenever anything of the revision
   * changes. @default Google numbers revisions
   */
  readonly revision?: string;
  /** @default everything goes to the latest revision that is ready */
  readonly traffic?: readonly TrafficShare[];
}

const LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST";
const REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";

/** The full name of a revision. */
export const revisionName = (serviceName: string, revision: string): string => `${serviceName}-${revision}`;

/** The blocks of the provider. */
export const renderTraffic = (serviceName: string, traffic: readonly TrafficShare[] | undefined) =>
  traffic?.map(({ revision, percent, tag }) => ({
    type: revision === undefined ? LATEST : REVISION,
    revision: revision === undefined ? undefined : revisionName(serviceName, revision),
    percent: percent ?? 0,
    tag,
  }));

/** Reports splits that Google would refuse, or that leave requests to chance. */
export const checkTraffic = (construct: Construct, serviceName: string, props: TrafficProps): void =>
  check(construct, { serviceName, ...props }, RULES);

type Checked = TrafficProps & { readonly serviceName: string };

/** A revision is a DNS label. */
const LONGEST_REVISION = 63;
const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const TAG = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;

const names = ({ revision, traffic = [] }: Checked) =>
  [revision, ...traffic.map((share) => share.revision)].filter((name) => name !== undefined).filter(isKnown);

const RULES: readonly Rule<Checked>[] = [
  {
    code: "MR1327",
    fault: ({ traffic = [] }) => {
      const odd = traffic
        .map(({ percent = 0 }) => percent)
        .filter((one) => isKnown(one) && !(Number.isInteger(one) && one >= 0 && one <= 100));
      return odd.length > 0 && { problem: `a share of ${odd.join(", ")} % is asked for`, want: "a whole number 0–100" };
    },
  },
  {
    code: "MR1327",
    fault: (checked) => {
      const odd = names(checked).filter(
        (name) => !LABEL.test(name) || revisionName(checked.serviceName, name).length > LONGEST_REVISION,
      );
      return (
        odd.length > 0 && {
          problem: `"${odd[0]}" cannot be the name of a revision of ${checked.serviceName}`,
          want: `lower-case letters, digits and hyphens, with the service's name at most ${LONGEST_REVISION}`,
        }
      );
    },
  },
  {
    // That the sum is checked is not in the API's definition; hence a warning.
    code: "MR1328",
    severity: "warning",
    fault: ({ traffic }) => {
      if (!traffic?.every(({ percent = 0 }) => isKnown(percent))) return undefined;
      const sum = traffic.reduce((total, { percent = 0 }) => total + percent, 0);
      return sum !== 100 && { problem: `the shares come to ${sum} %`, got: String(sum), want: "100" };
    },
  },
  {
    code: "MR1328",
    severity: "warning",
    fault: ({ traffic = [] }) => {
      const tags = traffic.flatMap(({ tag }) => (tag !== undefined && isKnown(tag) ? [tag] : []));
      const twice = tags.filter((tag, index) => tags.indexOf(tag) !== index);
      const odd = tags.filter((tag) => !TAG.test(tag) || tag.length > 46);
      if (twice.length > 0) return { problem: `two shares have the tag "${twice[0]}"` };
      return odd.length > 0 && { problem: `"${odd[0]}" cannot be a tag`, want: String(TAG) };
    },
  },
  {
    code: "MR1329",
    severity: "warning",
    fault: ({ revision, traffic }) =>
      traffic !== undefined &&
      traffic.every((share) => share.revision !== undefined && share.revision !== revision) && {
        problem: "no share goes to the revision that is being deployed, so what is deployed receives nothing",
      },
  },
];
