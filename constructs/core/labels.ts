import type { Construct } from "constructs";
import { type Rule, check } from "./issues";
import { isKnown } from "./tokens";

export type Labels = Readonly<Record<string, string>>;

/** Limits of labels on any resource. https://cloud.google.com/resource-manager/docs/labels-overview#requirements */
const KEY = /^[a-z][a-z0-9_-]{0,62}$/;
const VALUE = /^[a-z0-9_-]{0,63}$/;
const MOST = 64;

const RULES: readonly Rule<Labels>[] = [
  {
    code: "MR1005",
    fault: (labels) => {
      const keys = Object.keys(labels).filter((key) => isKnown(key) && !KEY.test(key));
      return keys.length > 0 && { problem: `label keys ${quoted(keys)} are not accepted`, want: String(KEY) };
    },
  },
  {
    code: "MR1005",
    fault: (labels) => {
      const pairs = Object.entries(labels).filter(([, value]) => isKnown(value) && !VALUE.test(value));
      const values = pairs.map(([key, value]) => `${key}: ${value}`);
      return values.length > 0 && { problem: `label values ${quoted(values)} are not accepted`, want: String(VALUE) };
    },
  },
  {
    code: "MR1005",
    fault: (labels) => {
      const count = Object.keys(labels).length;
      return count > MOST && { problem: `${count} labels are more than the ${MOST} a resource can hold` };
    },
  },
];

/** Reports labels that Google would refuse. */
export const checkLabels = (construct: Construct, labels: Labels): void => check(construct, labels, RULES);

const quoted = (texts: readonly string[]) => texts.map((text) => `"${text}"`).join(", ");
