import { read, treeFiles } from "../repo/tree";

interface Row {
  readonly first: string;
  readonly last: string;
}

/** Rows of every table of a page, headings aside. */
const rowsOf = (file: string): readonly Row[] =>
  read(file)
    .split("\n")
    .filter((line) => /^\|(?! -)/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter((cells) => !/^(id|need|fact|practice|pitfall)$/.test(cells[0]!))
    .map((cells) => ({ first: cells[0]!, last: cells.at(-1)! }));

const LINK = /\]\([^)\s]+\)/;

/** How many rules of each kind the field has. */
const CHECKS = {
  DUP: 8,
  LOSS: 16,
  ORD: 5,
  BP: 6,
  CS: 3,
  TO: 6,
  CON: 4,
  RS: 5,
  WF: 4,
  OV: 3,
  MON: 2,
  SEC: 5,
  NAME: 1,
  RT: 1,
};

describe("what is checked", () => {
  const rows = rowsOf("docs/pitfalls.md");

  it("leaves no pitfall out", () => {
    const ids = Object.entries(CHECKS).flatMap(([kind, count]) =>
      Array.from({ length: count }, (_, index) => `${kind}-${index + 1}`),
    );
    expect(rows.map(({ first }) => first)).toEqual(ids);
  });

  it("answers each with a code, a test, a page, or advice", () => {
    expect(
      rows.filter(({ last }) => !LINK.test(last) && !last.startsWith("advice: ")).map(({ first }) => first),
    ).toEqual([]);
  });

  it("says of codes whether they are errors or warnings as they are", () => {
    // Severity is the rule's, so it is read where the code is raised.
    const wrong = rows.flatMap(({ first, last }) =>
      [...last.matchAll(/\b(error|warning) \[(MR1\d{3})\]/g)]
        .filter(([, severity, code]) => {
          const raised = severitiesOf(code!);
          return raised.size > 0 && !raised.has(severity!);
        })
        .map(([text]) => `${first}: ${text}`),
    );
    expect(wrong).toEqual([]);
  });
});

/** Everything that raises codes in tables of rules. */
const sources = treeFiles("constructs", "language")
  .filter((file) => file.endsWith(".ts"))
  .map((file) => read(file))
  .join("\n");

function severitiesOf(code: string): ReadonlySet<string> {
  const tables = sources.matchAll(new RegExp(`code: "${code}",\\s*(severity: "warning")?`, "g"));
  return new Set([...tables].map(([, warning]) => (warning ? "warning" : "error")));
}

/** Practices, pitfalls and the decision tree, as everybody has them. */
const PRACTICES = [
  ["reliable messaging", "event processing", "HTTP APIs", "workflow orchestration", "task queuing", "scheduled jobs"],
  [
    "no guarantee of order",
    "at least once",
    "order mostly, but not always",
    "ordered by key",
    "attributes filter what a subscription gets",
    "exactly once, in one region",
  ],
  [
    "use the appropriate delivery type",
    "implement idempotency",
    "set appropriate ack deadlines",
    "use message ordering when needed",
    "monitor subscription health",
  ],
  [
    "keep functions focused",
    "handle cold starts",
    "use environment variables",
    "implement proper error handling",
    "monitor function performance",
  ],
  [
    "design for statelessness",
    "optimize container startup",
    "set appropriate concurrency",
    "use health checks",
    "implement graceful shutdown",
  ],
  [
    "keep workflows simple",
    "use proper error handling",
    "minimize execution time",
    "use connectors",
    "monitor workflow execution",
  ],
  ["duplicate processing", "message loss", "ordering problems", "backpressure", "dead letter handling"],
  ["cold start problems", "memory leaks", "timeout issues", "concurrency problems", "error propagation"],
  ["complex workflows", "error handling", "state management", "performance issues", "monitoring gaps"],
  ["over-provisioning", "inefficient processing", "unnecessary data movement", "poor scheduling", "lack of monitoring"],
];

describe("practices and pitfalls", () => {
  const rows = rowsOf("docs/practices.md");

  it("are all there", () => expect(rows.map(({ first }) => first)).toEqual(PRACTICES.flat()));

  it("have an answer each, which links to where it is", () => {
    expect(rows.filter(({ last }) => !LINK.test(last)).map(({ first }) => first)).toEqual([]);
  });
});
