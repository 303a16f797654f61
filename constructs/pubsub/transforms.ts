import { Script } from "node:vm";
import type { Construct } from "constructs";
import { check, escapeTemplate, isKnown, type Rule } from "../core";

/** JavaScript that Pub/Sub runs on every message, in the order of the list. */
export interface MessageTransform {
  /** Function that the code defines; unlike those of the other transforms of the list. */
  readonly functionName: string;
  /**
   * `function functionName(message, metadata) { … }` with `message.data` as text and `message.attributes`; it returns
   * the message to be used instead, or `null` to drop it.
   */
  readonly code: string;
  /** Keeps the transform without running it. @default false */
  readonly disabled?: boolean;
}

export function renderTransforms(transforms: readonly MessageTransform[] | undefined) {
  return transforms?.map(({ functionName, code, disabled }) => ({
    javascriptUdf: { functionName, code: escapeTemplate(code) },
    disabled,
  }));
}

/** Reports transforms that Pub/Sub would refuse. */
export function checkTransforms(construct: Construct, transforms: readonly MessageTransform[] = []): void {
  check(construct, transforms, RULES);
  for (const transform of transforms) if (isKnown(transform.code)) check(construct, transform, CODE_RULES);
}

/**
 * https://cloud.google.com/pubsub/docs/smts/udfs-overview#limitations and .../smts/create-topic-smt; not in the API's
 * definition, and whether a kB has 1,000 bytes is nowhere said: hence warnings.
 */
const MOST_TRANSFORMS = 5;
const MOST_BYTES = 20_000;

const RULES: readonly Rule<readonly MessageTransform[]>[] = [
  {
    code: "MR1106",
    fault: (transforms) => {
      const names = transforms.map(({ functionName }) => functionName);
      const twice = names.filter((name, index) => names.indexOf(name) !== index);
      return twice.length > 0 && { problem: `two transforms are called ${twice.join(", ")}`, got: twice.join(", ") };
    },
  },
  {
    code: "MR1107",
    severity: "warning",
    fault: (transforms) =>
      transforms.length > MOST_TRANSFORMS && {
        problem: `there are ${transforms.length} message transforms`,
        got: String(transforms.length),
        want: `≤ ${MOST_TRANSFORMS}`,
      },
  },
];

const CODE_RULES: readonly Rule<MessageTransform>[] = [
  {
    code: "MR1106",
    fault: ({ functionName, code }) => {
      const mistake = syntaxError(code);
      return mistake !== undefined && { problem: `the code of ${functionName} does not parse: ${mistake}` };
    },
  },
  {
    code: "MR1106",
    fault: ({ functionName, code }) => {
      const defined = [...code.matchAll(/\bfunction\s+([A-Za-z_$][\w$]*)\s*\(/g)].map(([, name]) => name);
      return (
        !defined.includes(functionName) && {
          problem: `the code defines no function ${functionName}(message, metadata)`,
          got: defined.join(", "),
          want: functionName,
        }
      );
    },
  },
  {
    code: "MR1107",
    severity: "warning",
    fault: ({ functionName, code }) =>
      Buffer.byteLength(code) > MOST_BYTES && {
        problem: `the code of ${functionName} is ${Buffer.byteLength(code)} bytes long`,
        got: String(Buffer.byteLength(code)),
        want: `≤ ${MOST_BYTES}`,
      },
  },
];

/** Compiles without running. Pub/Sub runs V8 as well. */
function syntaxError(code: string): string | undefined {
  try {
    new Script(code);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
