import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Issue, IssuesError } from "../../contract/issue";
import { stackProps } from "../../stacks/environment";
import { loadEnvironments } from "../../stacks/load-environments";
import generate from "../../scripts/generate-environment-schema";
import { project } from "../support/project";

const file = (id: string, more = "") =>
  `project: { id: ${id}, number: "123456789012" }\nregion: europe-west1\nstate: { bucket: acme-state }\n${more}`;

const issuesOf = (run: () => unknown): readonly Issue[] => {
  try {
    run();
  } catch (error) {
    if (error instanceof IssuesError) return error.issues;
    throw error;
  }
  return [];
};

const folderOf = (files: Record<string, string>) => project(files, "environments");

describe("the environments of an application", () => {
  it("are all the files of the folder, or the one that is asked for", () => {
    const folder = folderOf({ "prod.yaml": file("acme-prod"), "dev.yaml": file("acme-dev"), "schema.json": "{}" });
    expect(loadEnvironments({ folder }).environments.map(({ name }) => name)).toEqual(["dev", "prod"]);
    expect(loadEnvironments({ folder, only: "prod" }).environments.map(({ name }) => name)).toEqual(["prod"]);
  });

  it("that do not exist are missed, with the nearest name", () => {
    const folder = folderOf({ "prod.yaml": file("acme-prod"), "dev.yaml": file("acme-dev") });
    expect(issuesOf(() => loadEnvironments({ folder, only: "prd" }))).toMatchObject([
      { code: "MR2001", problem: 'there is no environment "prd"', fix: 'did you mean "prod"?' },
    ]);
    expect(issuesOf(() => loadEnvironments({ folder, only: "qa" }))[0]!.fix).toBe("use one of dev, prod");
    expect(issuesOf(() => loadEnvironments({ folder: join(folder, "none") }))).toMatchObject([{ code: "MR2001" }]);
  });

  it("report the faults of all files at once", () => {
    const folder = folderOf({ "prod.yaml": "region: 1\n", "dev.yaml": file("acme-dev", "budget: 3\n") });
    const issues = issuesOf(() => loadEnvironments({ folder }));
    expect(issues.map(({ code, path }) => `${code} ${path.slice(folder.length + 1)}`)).toEqual([
      "MR2004 dev.yaml:4:1",
      "MR2005 prod.yaml:1:1",
      "MR2006 prod.yaml:1:1",
    ]);
  });

  it("must not share names of resources or a place for their state", () => {
    const shared = file("acme-dev", "prefix: web\n").replace("acme-state", "acme-state, prefix: web");
    const folder = folderOf({ "dev.yaml": shared, "prod.yaml": shared });
    expect(issuesOf(() => loadEnvironments({ folder })).map(({ code, problem }) => `${code} ${problem}`)).toEqual([
      'MR2010 it names resources in the same way as "dev": project acme-dev, prefix "web"',
      'MR2010 it keeps its state in the same place as "dev": gs://acme-state/web',
    ]);
    const apart = folderOf({ "dev.yaml": file("acme-dev"), "prod.yaml": file("acme-dev") });
    expect(issuesOf(() => loadEnvironments({ folder: apart }))).toEqual([]);
  });

  it("of this repository are in order, and each names its schema to editors", () => {
    const { environments, warnings } = loadEnvironments();
    expect(warnings).toEqual([]);
    expect(environments.map(({ name }) => name)).toEqual(["dev", "local", "prod", "staging"]);
  });
});

describe("the stack of an environment", () => {
  const { environments } = loadEnvironments();
  const props = (wanted: string) =>
    stackProps(
      "webhooks",
      environments.find(({ name }) => name === wanted)!,
    );

  it("keeps its state in a bucket, the local one in a file marked LOCAL", () => {
    expect(props("prod").backend).toEqual({ kind: "gcs", bucket: "acme-terraform-state" });
    expect(props("local").backend).toEqual({ kind: "local", path: "../../../terraform.LOCAL.webhooks-local.tfstate" });
  });

  it("is protected in production alone", () => {
    const protectedIn = environments.filter(({ name }) => props(name).deletionProtection).map(({ name }) => name);
    expect(protectedIn).toEqual(["prod"]);
  });
});

describe("the schema for editors", () => {
  it("is the one that `npm run generate` would write", async () => {
    const generated: unknown = JSON.parse((await generate())["environments/schema.json"]!);
    expect(JSON.parse(readFileSync("environments/schema.json", "utf8"))).toEqual(generated);
  });

  it("refuses unknown keys and describes every known one", async () => {
    const text = (await generate())["environments/schema.json"]!;
    const schema = JSON.parse(text) as {
      properties: Record<string, { description?: string }>;
      additionalProperties: boolean;
    };
    expect(schema.additionalProperties).toBe(false);
    expect(Object.entries(schema.properties).filter(([, { description }]) => !description)).toEqual([]);
  });
});
