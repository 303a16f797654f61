import { dotted } from "./parse-expression";
import { RETRY_BACKOFFS, RETRY_POLICIES, RETRY_PREDICATES } from "./functions";
import type { Backoff, Retry, Template } from "./model";
import { describe, fieldsOf, readTemplate, report, type Reader } from "./reader";
import type { Entry, Source } from "./source";

const has = (names: readonly string[], name: string | undefined) => name !== undefined && names.includes(name);

const nameIn = (template: Template): string | undefined =>
  template.kind === "expression" ? dotted(template.expression) : undefined;

/** The three forms: a policy, or its parts with a predicate of the library or of the definition. */
export function readRetry({ value }: Entry, reader: Reader): Retry | undefined {
  if (value.kind !== "map") {
    const policy = readTemplate(value, reader);
    const name = nameIn(policy);
    if (has(RETRY_POLICIES, name)) return { policy };
    if (has([...RETRY_PREDICATES, ...RETRY_BACKOFFS], name) || policy.kind !== "expression")
      report(
        reader,
        "MR6023",
        value.at,
        `retry needs a policy, found ${name ?? describe(value)}`,
        `write \${http.default_retry}, or predicate, max_retries and backoff below retry`,
      );
    return { policy };
  }
  const fields = fieldsOf(value.entries, ["predicate", "max_retries", "backoff"], "retry", reader);
  const predicate = fields.get("predicate") && readPredicate(fields.get("predicate")!.value, reader);
  const maxRetries = readNumber(fields.get("max_retries"), reader);
  const backoff = fields.get("backoff") && readBackoff(fields.get("backoff")!, reader);
  return {
    ...(predicate !== undefined && { predicate }),
    ...(maxRetries && { maxRetries }),
    ...(backoff && { backoff }),
    at: value.at,
  };
}

function readPredicate(source: Source, reader: Reader): string | undefined {
  const name = nameIn(readTemplate(source, reader));
  if (name !== undefined && !has([...RETRY_POLICIES, ...RETRY_BACKOFFS], name)) return name;
  report(
    reader,
    "MR6023",
    source.at,
    `predicate needs a function of the error, found ${name ?? describe(source)}`,
    "write ${http.default_retry_predicate}, or the name of a sub-workflow with one parameter",
  );
  return undefined;
}

function readBackoff({ value }: Entry, reader: Reader): Template | Backoff {
  if (value.kind !== "map") {
    const template = readTemplate(value, reader);
    if (template.kind !== "expression")
      report(
        reader,
        "MR6024",
        value.at,
        `backoff needs a map, found ${describe(value)}`,
        "write initial_delay, max_delay and multiplier",
      );
    return template;
  }
  const fields = fieldsOf(value.entries, ["initial_delay", "max_delay", "multiplier"], "backoff", reader);
  const [initialDelay, maxDelay, multiplier] = ["initial_delay", "max_delay", "multiplier"].map((key) =>
    readNumber(fields.get(key), reader),
  );
  return { ...(initialDelay && { initialDelay }), ...(maxDelay && { maxDelay }), ...(multiplier && { multiplier }) };
}

/** A number that is not negative, or an expression for one. */
function readNumber(entry: Entry | undefined, reader: Reader): Template | undefined {
  if (!entry) return undefined;
  const template = readTemplate(entry.value, reader);
  const constant = template.kind === "constant" ? template.value : undefined;
  const number = (typeof constant === "bigint" || typeof constant === "number") && constant >= 0;
  if (!number && template.kind !== "expression")
    report(
      reader,
      "MR6024",
      entry.value.at,
      `${entry.key} needs a number, found ${describe(entry.value)}`,
      "write a number of 0 or more, or an expression",
    );
  return template;
}
