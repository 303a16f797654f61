import { Scalar, stringify } from "yaml";
import type { Action, Backoff, Body, For, Retry, Routine, Step, Target, Template, Workflow } from "./model";
import { printExpression } from "./print-expression";
import { printJson } from "./json";
import type { Expression } from "./expression";
import { isList, isMap, type Value } from "./value";

/**
 * A definition as JSON, the form for Terraform: YAML's rules for quoting cannot bite it.
 * @param indent spaces by which each level is deeper; none gives one line
 */
export function printWorkflowJson(workflow: Workflow, indent = 0): string {
  return printJson(data(workflow), indent > 0 ? { prefix: "", indent: " ".repeat(indent) } : undefined);
}

/** A definition as YAML, for people. Comments of a source are no part of the model and are lost. */
export function printWorkflowYaml(workflow: Workflow): string {
  // Long expressions stay on their line: a folded one is hard to read and to search for.
  return stringify(plain(data(workflow)), { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Values as the YAML package takes them: integers as bigint, doubles with a point. */
function plain(value: Value): unknown {
  if (isList(value)) return value.map(plain);
  if (isMap(value)) return new Map([...value].map(([key, item]) => [key, plain(item)] as const));
  if (typeof value === "number" && Number.isInteger(value)) {
    const scalar = new Scalar(value);
    scalar.minFractionDigits = 1;
    return scalar;
  }
  return value;
}

const map = (...entries: readonly (readonly [string, Value | undefined])[]): Value =>
  new Map(entries.filter((entry): entry is [string, Value] => entry[1] !== undefined));

const data = ({ routines }: Workflow): Value =>
  new Map([...routines.values()].map((routine) => [routine.name, routineData(routine)] as const));

const routineData = ({ params, steps }: Routine): Value =>
  map(
    [
      "params",
      params.length === 0
        ? undefined
        : params.map((one) => (one.default ? map([one.name, templateData(one.default)]) : one.name)),
    ],
    ["steps", stepsData(steps)],
  );

const stepsData = (steps: readonly Step[]): Value => steps.map((step) => map([step.name, bodyData(step)]));

const bodyData = ({ action, next }: Body): Value => map(...actionData(action), ["next", next?.target]);

type Entries = readonly (readonly [string, Value | undefined])[];

function actionData(action: Action): Entries {
  switch (action.kind) {
    case "assign":
      return [
        ["assign", action.assignments.map(({ target, value }) => map([printTarget(target), templateData(value)]))],
      ];
    case "call": {
      const { args, result } = action;
      const given =
        "positional" in args
          ? args.positional.map(templateData)
          : args.named.length === 0
            ? undefined
            : map(...args.named.map(([name, value]) => [name, templateData(value)] as const));
      return [
        ["call", action.function],
        ["args", given],
        ["result", result && printTarget(result)],
      ];
    }
    case "switch":
      return [
        [
          "switch",
          action.cases.map((one) =>
            map(["condition", templateData(one.condition)], ...actionData(one.action), ["next", one.next?.target]),
          ),
        ],
      ];
    case "for":
      return [["for", forData(action.loop)]];
    case "parallel": {
      const { work, shared, concurrencyLimit } = action;
      const branches =
        "branches" in work
          ? work.branches.map(({ name, steps }) => map([name, map(["steps", stepsData(steps)])]))
          : undefined;
      return [
        [
          "parallel",
          map(
            ["shared", shared.length > 0 ? shared : undefined],
            ["concurrency_limit", concurrencyLimit && templateData(concurrencyLimit)],
            ["branches", branches],
            ["for", "loop" in work ? forData(work.loop) : undefined],
          ),
        ],
      ];
    }
    case "try":
      return [
        ["try", bodyData(action.body)],
        ["retry", action.retry && retryData(action.retry)],
        [
          "except",
          action.except &&
            map(
              ["as", action.except.as],
              ["steps", action.except.steps.length > 0 ? stepsData(action.except.steps) : undefined],
            ),
        ],
      ];
    case "raise":
    case "return":
      return [[action.kind, templateData(action.value)]];
    case "steps":
      return [["steps", stepsData(action.steps)]];
    default:
      return [];
  }
}

const forData = ({ value, index, over, steps }: For): Value =>
  map(["value", value], ["index", index], [over.kind, templateData(over.value)], ["steps", stepsData(steps)]);

function retryData(retry: Retry): Value {
  if ("policy" in retry) return templateData(retry.policy);
  const { predicate, maxRetries, backoff } = retry;
  return map(
    ["predicate", predicate === undefined ? undefined : `\${${predicate}}`],
    ["max_retries", maxRetries && templateData(maxRetries)],
    ["backoff", backoff && backoffData(backoff)],
  );
}

const backoffData = (backoff: Template | Backoff): Value =>
  "kind" in backoff
    ? templateData(backoff)
    : map(
        ["initial_delay", backoff.initialDelay && templateData(backoff.initialDelay)],
        ["max_delay", backoff.maxDelay && templateData(backoff.maxDelay)],
        ["multiplier", backoff.multiplier && templateData(backoff.multiplier)],
      );

/** The data that reads back as the template. */
function templateData(template: Template): Value {
  switch (template.kind) {
    case "constant":
      return template.value;
    case "expression":
      return `\${${printExpression(template.expression)}}`;
    case "list":
      return template.items.map(templateData);
    default:
      return new Map(
        template.entries.map(([key, value]) => [templateData(key) as string, templateData(value)] as const),
      );
  }
}

/** `name.key[index]`, as it stands left of an assignment. */
const printTarget = ({ name, path }: Target): string =>
  printExpression(path.reduce<Expression>(memberOf, { kind: "variable", name, offset: 0 }));

const memberOf = (of: Expression, key: Expression): Expression =>
  key.kind === "literal" && typeof key.value === "string" && /^[A-Za-z_][A-Za-z0-9_]*$/.test(key.value)
    ? { kind: "member", of, name: key.value, offset: 0 }
    : { kind: "index", of, key, offset: 0 };
