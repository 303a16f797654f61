import type { Action, Body, Jump, Routine, Step, Template, Workflow } from "./model";
import { printExpression } from "./print-expression";
import { formatNumber, isNumber, typeName } from "./value";

/** A step, or the end of a routine, as a picture shows it. */
export interface PictureNode {
  readonly id: string;
  /** What stands in it: the step's name, and what it does. */
  readonly label: string;
  readonly kind: Action["kind"] | "end" | "join";
}

export interface PictureEdge {
  readonly from: string;
  readonly to: string;
  /** Condition, branch or loop. */
  readonly label?: string;
  /** How it is taken: by an error, or as usual. */
  readonly by?: "error";
}

/** The control flow of a routine, for people. */
export interface Picture {
  readonly routine: string;
  readonly nodes: readonly PictureNode[];
  readonly edges: readonly PictureEdge[];
}

/** The control flow of every routine of a definition. */
export const picturesOf = ({ routines }: Workflow): readonly Picture[] => [...routines.values()].map(draw);

interface Around {
  /** Where a step goes that has no next one. */
  readonly after: string;
  readonly breakTo?: string;
  readonly continueTo?: string;
}

function draw(routine: Routine, number = 0): Picture {
  const nodes: PictureNode[] = [];
  const edges: PictureEdge[] = [];
  const byName = new Map<string, string>();
  const pending: (() => void)[] = [];
  const node = (label: string, kind: PictureNode["kind"]): string => {
    const id = `r${number}n${nodes.length}`;
    nodes.push({ id, label, kind });
    return id;
  };
  const edge = (from: string, to: string, label?: string, by?: "error") =>
    void edges.push({ from, to, ...(label !== undefined && { label }), ...(by && { by }) });
  const end = node("end", "end");

  const block = (steps: readonly Step[], around: Around): string => {
    const ids = steps.map((step) => {
      const id = node(labelOf(step.name, step.action), step.action.kind);
      if (!byName.has(step.name)) byName.set(step.name, id);
      return id;
    });
    steps.forEach((step, index) => body(step, ids[index]!, { ...around, after: ids[index + 1] ?? around.after }));
    return ids[0] ?? around.after;
  };

  /** Gives the node that a jump leads to, at once or when all steps are drawn. */
  const follow = ({ target }: Jump, around: Around, go: (to: string) => void): void => {
    if (target === "end") go(end);
    else if (target === "break") go(around.breakTo ?? end);
    else if (target === "continue") go(around.continueTo ?? end);
    else pending.push(() => go(byName.get(target) ?? end));
  };

  /** Draws what leaves a node. */
  const body = ({ action, next }: Body, id: string, around: Around): void => {
    if (!next) return leave(action, id, around);
    follow(next, around, (after) => leave(action, id, { ...around, after }));
  };

  const leave = (action: Action, id: string, around: Around): void => {
    const { after } = around;
    switch (action.kind) {
      case "switch": {
        for (const one of action.cases) {
          const label = textOf(one.condition);
          if (one.action.kind === "next" && one.next) follow(one.next, around, (to) => edge(id, to, label));
          else if (one.action.kind === "steps" && !one.next) edge(id, block(one.action.steps, around), label);
          else {
            const inner = node(labelOf("", one.action), one.action.kind);
            edge(id, inner, label);
            body(one, inner, around);
          }
        }
        const always = action.cases.some(({ condition }) => condition.kind === "constant" && condition.value === true);
        if (!always) edge(id, after, "else");
        return;
      }
      case "for": {
        const { loop } = action;
        const inside = { after: id, breakTo: after, continueTo: id };
        edge(id, block(loop.steps, inside), `each ${loop.value} of ${textOf(loop.over.value)}`);
        return edge(id, after, "done");
      }
      case "parallel": {
        const join = node("all done", "join");
        const inside = { after: join, continueTo: join, breakTo: join };
        if ("loop" in action.work) {
          const { loop } = action.work;
          edge(id, block(loop.steps, inside), `at once, each ${loop.value} of ${textOf(loop.over.value)}`);
        } else for (const { name, steps } of action.work.branches) edge(id, block(steps, inside), name);
        return edge(join, after);
      }
      case "try": {
        const { body: tried, retry, except } = action;
        if (tried.action.kind === "steps") edge(id, block(tried.action.steps, around), "try");
        else {
          const inner = node(labelOf("", tried.action), tried.action.kind);
          edge(id, inner, "try");
          body(tried, inner, around);
        }
        if (retry) edge(id, id, "policy" in retry ? `retry by ${textOf(retry.policy)}` : "retry", "error");
        if (except) edge(id, block(except.steps, around), except.as ? `except ${except.as}` : "except", "error");
        return;
      }
      case "steps":
        return edge(id, block(action.steps, around));
      case "return":
        return edge(id, end);
      case "raise":
        return;
      default:
        return edge(id, after);
    }
  };

  const start = node(routine.name, "join");
  edge(start, block(routine.steps, { after: end }));
  for (const connect of pending) connect();
  return { routine: routine.name, nodes, edges };
}

function labelOf(name: string, action: Action): string {
  const what = (() => {
    switch (action.kind) {
      case "call":
        return action.function;
      case "assign":
        return action.assignments.map(({ target }) => target.name).join(", ");
      case "return":
        return `return ${textOf(action.value)}`;
      case "raise":
        return `raise ${textOf(action.value)}`;
      case "next":
      case "steps":
        return "";
      default:
        return action.kind;
    }
  })();
  return [name, what].filter((part) => part !== "").join(": ");
}

/** Longest text that a picture holds legibly. */
const MAX_LABEL = 40;

function textOf(template: Template): string {
  const text = (() => {
    if (template.kind === "expression") return printExpression(template.expression);
    if (template.kind === "list") return `[${template.items.map(textOf).join(", ")}]`;
    if (template.kind === "map") return "{…}";
    const { value } = template;
    if (isNumber(value)) return formatNumber(value);
    if (typeof value === "string") return value;
    return value === null || typeof value === "boolean" ? String(value) : typeName(value);
  })();
  return text.length > MAX_LABEL ? `${text.slice(0, MAX_LABEL - 1)}…` : text;
}

const SHAPES: Readonly<Partial<Record<PictureNode["kind"], readonly [string, string]>>> = {
  call: ["[[", "]]"],
  switch: ["{", "}"],
  for: ["[/", "/]"],
  parallel: ["[/", "/]"],
  try: ["{{", "}}"],
  return: ["([", "])"],
  raise: [">", "]"],
  end: ["((", "))"],
  join: ["(", ")"],
};

/** A flow chart in Mermaid, a part for each routine. https://mermaid.js.org/syntax/flowchart.html */
export function printMermaid(workflow: Workflow): string {
  const pictures = [...workflow.routines.values()].map(draw);
  const lines = pictures.flatMap(({ routine, nodes, edges }, number) => [
    `  subgraph g${number}[${quote(routine)}]`,
    ...nodes.map(({ id, label, kind }) => {
      const [open, close] = SHAPES[kind] ?? ["[", "]"];
      return `    ${id}${open}${quote(label === "" ? kind : label)}${close}`;
    }),
    ...edges.map(({ from, to, label, by }) => {
      const arrow = by === "error" ? "-.->" : "-->";
      return `    ${from} ${arrow}${label === undefined ? "" : `|${quote(label)}|`} ${to}`;
    }),
    "  end",
  ]);
  return ["flowchart TD", ...lines].join("\n");
}

/** Mermaid's own way to say what would end a label. */
const quote = (text: string) =>
  `"${text.replace(/[#"&<>\n]/g, (char) => (char === "\n" ? " " : `#${char.charCodeAt(0)};`))}"`;
