import { nearest } from "../../nearest";
import { type Expression, walk } from "../expression";
import type { Fault, Position, WorkflowCode } from "../fault";
import { functionNames, isConnector, type Param, signatureOf } from "../functions";
import { LIMITS } from "../limits";
import type { Call, Retry, Routine, Template, Workflow } from "../model";
import { expressionsOf } from "../reader";
import { isNumber, typeName, type Value } from "../value";
import { staticType, typeFault } from "./types";
import { visitRoutine } from "./visit";

/** Functions, their arguments and the types of operands, in one routine. */
export function checkCalls(routine: Routine, { routines }: Workflow): Fault[] {
  const faults: Fault[] = [];
  const report = (
    code: WorkflowCode,
    at: Position,
    path: string,
    problem: string,
    fix: string,
    severity: Fault["severity"] = "error",
  ) => void faults.push({ code, severity, at, path, problem, fix });

  visitRoutine(routine, {
    template(template, path) {
      for (const { expression, at } of expressionsOf(template)) checkExpression(expression, at, path);
    },
    condition({ at, ...template }, path) {
      const type =
        template.kind === "expression"
          ? staticType(template.expression)
          : template.kind === "constant" && typeof template.value === "boolean"
            ? "boolean"
            : "other";
      if (type !== undefined && type !== "boolean")
        report(
          "MR6037",
          at,
          path,
          "the condition is no boolean, whatever the variables hold",
          "write an expression that gives true or false",
        );
    },
    target({ path: keys, at }, path) {
      for (const key of keys) checkExpression(key, at, path);
    },
    call: checkCall,
    action(action, path) {
      if (action.kind === "try" && action.retry) checkRetry(action.retry, path);
    },
  });
  return faults;

  function checkExpression(expression: Expression, at: Position, path: string): void {
    for (const node of walk(expression)) {
      const fault = typeFault(node);
      if (fault !== undefined) report("MR6038", at, path, fault, "convert an operand, or correct the operator");
      if (
        node.kind === "binary" &&
        node.left.kind === "unary" &&
        node.left.operator === "not" &&
        isComparison(node.operator)
      )
        report(
          "MR6036",
          at,
          path,
          `not binds more tightly than ${node.operator}: this compares the negation of the left side`,
          `write not (a ${node.operator} b)`,
          "warning",
        );
      if (node.kind === "call") checkInline(node.name, node.args.length, at, path);
    }
  }

  function checkInline(name: string, count: number, at: Position, path: string): void {
    const signature = signatureOf(name);
    if (signature?.blocking || isConnector(name)) {
      report(
        "MR6032",
        at,
        path,
        `${name} waits for something, so it cannot stand in an expression`,
        `write a step with call: ${name}, and use its result`,
      );
      return;
    }
    const params = paramsOf(name);
    if (!params) return unknown(name, at, path);
    checkCount(name, params, count, at, path);
  }

  function paramsOf(name: string): readonly Param[] | undefined {
    const sub = routines.get(name)?.params.map((one) => ({ name: one.name, optional: one.default !== undefined }));
    return sub ?? signatureOf(name)?.params;
  }

  function unknown(name: string, at: Position, path: string): void {
    const meant =
      (Object.hasOwn(INVENTED, name) ? INVENTED[name] : undefined) ??
      nearest(name, [...functionNames, ...routines.keys()]);
    report(
      "MR6033",
      at,
      path,
      `there is no function or sub-workflow "${name}"`,
      meant === undefined ? "correct its name" : `write ${meant}, if that is meant`,
    );
  }

  function checkCount(name: string, params: readonly Param[], count: number, at: Position, path: string): void {
    const least = params.filter(({ optional }) => !optional).length;
    if (count >= least && count <= params.length) return;
    const takes = least === params.length ? `${least}` : `${least} to ${params.length}`;
    report(
      "MR6034",
      at,
      path,
      `${name} takes ${takes} arguments, and is given ${count}`,
      `pass ${params.map((one) => one.name).join(", ") || "none"}`,
    );
  }

  function checkCall(call: Call, path: string): void {
    const { function: name, args, at } = call;
    if (name.startsWith("experimental."))
      report(
        "MR6054",
        at,
        path,
        `${name} is deprecated`,
        "use parallel and the connector googleapis.workflowexecutions.v1",
        "warning",
      );
    if (isConnector(name)) {
      if (!CONNECTOR.test(name))
        report(
          "MR6033",
          at,
          path,
          `"${name}" names no method of a connector`,
          "write googleapis.<service>.<version>.<resource>.<method>",
        );
      return;
    }
    const params = paramsOf(name);
    if (!params) return unknown(name, at, path);
    if ("positional" in args) return checkCount(name, params, args.positional.length, at, path);
    const given = new Map(args.named);
    for (const [argument, value] of given)
      if (!params.some((one) => one.name === argument)) {
        const meant = nearest(
          argument,
          params.map((one) => one.name),
        );
        report(
          "MR6034",
          value.at,
          path,
          `${name} has no argument "${argument}"`,
          meant === undefined
            ? `use ${params.map((one) => one.name).join(", ") || "none"}`
            : `write ${meant}, if that is meant`,
        );
      }
    for (const { name: param, optional } of params)
      if (!optional && !given.has(param))
        report("MR6034", at, path, `${name} lacks its argument "${param}"`, `add ${param} to args`);
    checkValues(name, given, at, path);
  }

  function checkValues(name: string, given: ReadonlyMap<string, Template>, at: Position, path: string): void {
    if (name === "sys.log") {
      const said = ["data", "text", "json"].filter((key) => given.has(key));
      if (said.length !== 1)
        report(
          "MR6053",
          at,
          path,
          `sys.log is given ${said.length === 0 ? "nothing to log" : said.join(" and ")}`,
          "give it exactly one of data, text and json",
        );
    }
    for (const [key, allowed] of Object.entries(CHOICES[name] ?? {})) {
      const value = constant(given.get(key));
      if (value !== undefined && !(typeof value === "string" && allowed.includes(value)))
        report(
          "MR6055",
          given.get(key)!.at,
          path,
          `${name} knows no ${key} ${typeof value === "string" ? JSON.stringify(value) : `of type ${typeName(value)}`}`,
          `use one of ${allowed.join(", ")}`,
        );
    }
    if (!name.startsWith("http.")) return;
    const timeout = constant(given.get("timeout"));
    if (timeout !== undefined && isNumber(timeout) && timeout > LIMITS.httpTimeout)
      report(
        "MR6051",
        given.get("timeout")!.at,
        path,
        `a request of ${timeout} s is longer than Google's ${LIMITS.httpTimeout} s`,
        `lower timeout to ${LIMITS.httpTimeout}, or let the service call back`,
      );
    checkAuth(given, path);
  }

  function checkAuth(given: ReadonlyMap<string, Template>, path: string): void {
    const url = given.get("url");
    const start = url && leadingText(url);
    const host = /^https:\/\/([^/?#:]+)/.exec(start ?? "")?.[1];
    const wanted = host && KINDS.find(({ hosts }) => hosts.test(host))?.type;
    if (!url || wanted === undefined) return;
    const auth = given.get("auth");
    const type = auth?.kind === "map" ? auth.entries.find(([key]) => constant(key) === "type")?.[1] : undefined;
    if ((auth && auth.kind !== "map") || (type && constant(type) === undefined) || constant(type) === wanted) return;
    report(
      "MR6052",
      url.at,
      path,
      `${host} expects a token, and the request carries no ${wanted} one`,
      `add auth: {type: ${wanted}}`,
      "warning",
    );
  }

  /** A predicate is a function of one argument. */
  function checkRetry(retry: Retry, path: string): void {
    if ("policy" in retry || retry.predicate === undefined) return;
    const params = paramsOf(retry.predicate);
    if (!params) unknown(retry.predicate, retry.at, path);
    else checkCount(retry.predicate, params, 1, retry.at, path);
  }
}

const CONNECTOR = /^googleapis\.[a-z][a-z0-9]*\.v[0-9][a-z0-9]*(\.[A-Za-z][A-Za-z0-9]*)+$/;

const isComparison = (operator: string) => ["==", "!=", "<", "<=", ">", ">=", "in"].includes(operator);

const constant = (template: Template | undefined): Value | undefined =>
  template?.kind === "constant" ? template.value : undefined;

/** Text that a value begins with: all of a string, or the left end of a concatenation. */
function leadingText(template: Template): string | undefined {
  if (template.kind === "constant") return typeof template.value === "string" ? template.value : undefined;
  if (template.kind !== "expression") return undefined;
  let node = template.expression;
  while (node.kind === "binary" && node.operator === "+") node = node.left;
  return node.kind === "literal" && typeof node.value === "string" ? node.value : undefined;
}

/** The token that a host expects. https://cloud.google.com/workflows/docs/authentication */
const KINDS: readonly { readonly hosts: RegExp; readonly type: string }[] = [
  { hosts: /\.(run\.app|cloudfunctions\.net)$/, type: "OIDC" },
  { hosts: /\.googleapis\.com$/, type: "OAuth2" },
];

const CHOICES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "sys.log": {
    severity: ["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"],
  },
  "http.request": { method: ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"] },
  "events.create_callback_endpoint": {
    http_callback_method: ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"],
  },
};

/** Names that other emulators made up or that people expect, with what there is. */
const INVENTED: Readonly<Record<string, string>> = {
  "sys.get_project_id": 'sys.get_env("GOOGLE_CLOUD_PROJECT_ID")',
  "sys.get_region": 'sys.get_env("GOOGLE_CLOUD_LOCATION")',
  "sys.get_location": 'sys.get_env("GOOGLE_CLOUD_LOCATION")',
  type: "get_type",
  "math.round": "math.floor(x + 0.5)",
  "list.length": "len",
  "list.append": "list.concat",
  "map.keys": "keys",
};
