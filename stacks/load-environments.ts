import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { codes } from "../contract/codes";
import { type Issue, IssuesError } from "../contract/issue";
import { nearest } from "../language/nearest";
import type { Environment } from "./environment";
import { readEnvironment } from "./read-environment";

export interface LoadOptions {
  /** Folder of the files. @default "environments" */
  readonly folder?: string;
  /** Name of the one environment that is wanted. @default all of them */
  readonly only?: string;
  /** Workloads that may be overridden, by the name of their contract. @default overrides are not checked against the stack */
  readonly workloads?: Readonly<Record<string, "function" | "service">>;
}

/**
 * Reads the environments of an application; the files are independent of each other except for what they deploy to.
 * @returns the environments in the order of their names, and warnings
 * @throws IssuesError with everything wrong in all of the files
 */
export function loadEnvironments(options: LoadOptions = {}): {
  readonly environments: readonly Environment[];
  readonly warnings: readonly Issue[];
} {
  const { folder = "environments", only, workloads } = options;
  const names = environmentNames(folder);
  if (names.length === 0) throw new IssuesError([absent(folder, `there is no file ${folder}/<environment>.yaml`)]);
  if (only !== undefined && !names.includes(only)) {
    const near = nearest(only, names);
    const fix = near === undefined ? `use one of ${names.join(", ")}` : `did you mean "${near}"?`;
    const issue = absent(folder, `there is no environment "${only}"`);
    throw new IssuesError([{ ...issue, fix, got: only, want: near ?? names.join(", ") }]);
  }
  const read = names
    .filter((name) => only === undefined || name === only)
    .map((name) => {
      const file = `${folder}/${name}.yaml`;
      return readEnvironment(readFileSync(join(folder, `${name}.yaml`), "utf8"), file, name, workloads);
    });
  const environments = read.flatMap(({ environment }) => environment ?? []);
  const issues = [...read.flatMap(({ issues }) => issues), ...collisions(folder, environments)];
  if (issues.some(({ severity }) => severity === "error")) throw new IssuesError(issues);
  return { environments, warnings: issues };
}

function environmentNames(folder: string): readonly string[] {
  try {
    const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
    return files.map((file) => file.slice(0, -".yaml".length)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

const absent = (folder: string, problem: string): Issue => ({
  code: "MR2001",
  severity: "error",
  path: folder,
  problem,
  fix: codes.MR2001.fix,
});

/** Resources are named `<prefix>-<construct>` and live in a project; state lives under a prefix of a bucket. */
function collisions(folder: string, environments: readonly Environment[]): readonly Issue[] {
  return environments.flatMap((later, index) =>
    environments.slice(0, index).flatMap((earlier) =>
      PLACES.flatMap(({ place, problem }) => {
        const [mine, theirs] = [place(later), place(earlier)];
        if (mine === undefined || mine !== theirs) return [];
        const path = `${folder}/${later.name}.yaml`;
        const text = `${problem} as "${earlier.name}": ${mine}`;
        return [{ code: "MR2010", severity: "error", path, problem: text, fix: codes.MR2010.fix } as const];
      }),
    ),
  );
}

/** What two environments must not share. Unset prefixes contain the environment's name, so they never meet. */
const PLACES = [
  {
    problem: "it names resources in the same way",
    place: ({ project, prefix }: Environment) =>
      prefix === undefined ? undefined : `project ${project.id}, prefix "${prefix}"`,
  },
  {
    problem: "it keeps its state in the same place",
    place: ({ state }: Environment) =>
      state?.prefix === undefined ? undefined : `gs://${state.bucket}/${state.prefix}`,
  },
];
