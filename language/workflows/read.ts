import type { Fault, Position } from "./fault";
import { LIBRARY_ROOTS } from "./functions";
import { LIMITS } from "./limits";
import type { Parameter, Routine, Workflow } from "./model";
import { describe, fieldsOf, readTemplate, report, type Reader } from "./reader";
import { readSteps } from "./read-step";
import { type Entry, readSource, type Source } from "./source";

export interface ReadWorkflow {
  /** What could be read; a definition with faults lacks the parts that they concern. */
  readonly workflow?: Workflow;
  readonly faults: readonly Fault[];
}

/** Reads a definition in YAML or JSON. Reports every fault of its structure and of its expressions, with the place. */
export function readWorkflow(text: string): ReadWorkflow {
  const { source, faults } = readSource(text);
  if (!source) return { faults };
  const reader: Reader = { faults: [...faults], path: "" };
  const routines = new Map(readRoutines(source, reader).map((routine) => [routine.name, routine] as const));
  return { workflow: { routines }, faults: reader.faults };
}

function readRoutines(source: Source, reader: Reader): Routine[] {
  if (source.kind === "list") return [readMain(source, source.at, reader)];
  if (source.kind !== "map") {
    report(
      reader,
      "MR6003",
      source.at,
      `a definition is a list of steps or a map of routines, found ${describe(source)}`,
      "begin with `main:` and `steps:` below it",
    );
    return [];
  }
  const routines = source.entries.map((entry) => readRoutine(entry, reader));
  reader.path = "";
  if (!source.entries.some(({ key }) => key === "main"))
    report(reader, "MR6003", source.at, "there is no main", "call the routine that an execution begins with `main`");
  return routines;
}

function readMain(source: Source, at: Position, reader: Reader): Routine {
  reader.path = "main";
  return { name: "main", params: [], steps: readSteps(source, at, "main", reader, new Set()), at };
}

function readRoutine({ key: name, keyAt: at, value }: Entry, reader: Reader): Routine {
  reader.path = name;
  if (LIBRARY_ROOTS.has(name))
    report(reader, "MR6016", at, `the sub-workflow is called as the library's "${name}"`, "rename it");
  // A list of steps is enough for a whole definition; within a map it is not.
  if (value.kind !== "map") {
    report(
      reader,
      "MR6004",
      value.at,
      `a routine needs a map with steps, found ${describe(value)}`,
      "write `steps:` below its name",
    );
    return { name, params: [], steps: [], at };
  }
  const fields = fieldsOf(value.entries, ["params", "steps"], `"${name}"`, reader);
  const params = readParams(name, fields.get("params"), reader);
  const steps = readSteps(fields.get("steps")?.value, at, `"${name}"`, reader, new Set());
  return { name, params, steps, at };
}

function readParams(routine: string, entry: Entry | undefined, reader: Reader): Parameter[] {
  if (!entry) return [];
  const { value: source } = entry;
  if (source.kind !== "list") {
    report(reader, "MR6004", source.at, `params needs a list, found ${describe(source)}`, "write [name, …]");
    return [];
  }
  const params = source.items.flatMap((item) => readParam(item, reader));
  const most = routine === "main" ? 1 : LIMITS.subworkflowParams;
  if (params.length > most)
    report(
      reader,
      "MR6017",
      source.at,
      `${params.length} parameters, and ${routine === "main" ? "main" : "a sub-workflow"} takes at most ${most}`,
      "pass a map instead",
    );
  const names = params.map(({ name }) => name);
  for (const name of new Set(names.filter((name, index) => names.indexOf(name) !== index)))
    report(reader, "MR6004", source.at, `two parameters are called "${name}"`, "rename one of them");
  return params;
}

function readParam(source: Source, reader: Reader): Parameter[] {
  if (source.kind === "scalar" && typeof source.value === "string") return [{ name: source.value }];
  if (source.kind === "map" && source.entries.length === 1) {
    const { key, value } = source.entries[0]!;
    return [{ name: key, default: readTemplate(value, reader) }];
  }
  report(
    reader,
    "MR6004",
    source.at,
    `a parameter is a name or a name with its default, found ${describe(source)}`,
    "write `name` or `name: default`",
  );
  return [];
}
