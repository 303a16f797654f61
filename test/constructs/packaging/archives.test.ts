import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { App } from "cdktf";
import { z } from "zod";
import { defineContract } from "../../../contract/contract";
import { CloudRunService } from "../../../constructs";
import { MillraceStack } from "../../../constructs/core";
import { Archives, archiveOf } from "../../../constructs/packaging/archives";
import { handlerSource, project, RUNTIME_STAND_IN, write } from "../../support/project";
import { codesOf, planOf, STACK, testStack } from "../../support/synth";

const contract = defineContract({
  name: "charge",
  input: z.object({ id: z.string() }),
  key: (charge) => charge.id,
  effects: "at-least-once",
  store: "memory",
});

const handlersDir = project({ ...RUNTIME_STAND_IN, "charge.handler.ts": handlerSource("charge", contract.hash) });
const code = { contract, entry: "charge.handler.ts" };

describe("the archives of a stack", () => {
  it("share one bucket, which goes with the stack unless it is protected", () => {
    const stack = testStack({ deletionProtection: false });
    expect(Archives.of(stack)).toBe(Archives.of(stack));
    expect(planOf(stack).one("google_storage_bucket")).toMatchObject({
      name: "acme-dev-web-dev-archives",
      force_destroy: true,
    });
    const kept = testStack({ deletionProtection: true });
    Archives.of(kept);
    expect(planOf(kept).one("google_storage_bucket")).toMatchObject({ force_destroy: false });
  });

  it("lie beside the plan, which names them by a relative path", () => {
    const outdir = join(project({}), "cdktf.out");
    mkdirSync(outdir, { recursive: true });
    const synth = () => {
      const app = new App({ outdir });
      const stack = new MillraceStack(app, { ...STACK, handlersDir });
      const { name, bytes } = archiveOf(stack, "function", code);
      const file = { name: `${name}.zip`, bytes, type: "application/zip" };
      Archives.of(stack).add(stack, "Archive", file);
      app.synth();
      return file;
    };
    const folder = join(outdir, "stacks/web-dev/archives");
    const first = synth();
    const plan = JSON.parse(readFileSync(join(outdir, "stacks/web-dev/cdk.tf.json"), "utf8")) as {
      resource: { google_storage_bucket_object: Record<string, { source: string }> };
    };
    expect(Object.values(plan.resource.google_storage_bucket_object)).toMatchObject([
      { source: `archives/${first.name}`, name: first.name },
    ]);
    expect(readFileSync(join(folder, first.name)).equals(first.bytes)).toBe(true);
    const written = statSync(join(folder, first.name)).mtimeMs;
    synth();
    expect(statSync(join(folder, first.name)).mtimeMs).toBe(written);

    write(join(handlersDir, "charge.handler.ts"), handlerSource("charge", contract.hash, "async () => 'changed'"));
    const second = synth();
    expect(second.name).not.toBe(first.name);
    expect(existsSync(join(folder, first.name))).toBe(false);
    expect(readdirSync(folder)).toEqual([second.name]);
  });

  it("hold an object for each workload of a handler, so that one can go without the other's code", () => {
    const stack = testStack({ handlersDir });
    for (const name of ["first", "second", undefined])
      new CloudRunService(stack, name ?? "Third", { ...code, ...(name !== undefined && { name }) });
    const names = planOf(stack)
      .all("google_storage_bucket_object")
      .map(({ name }) => name as string);
    expect(names.map((name) => name.replace(/-[0-9a-f]{16}/, "")).sort()).toEqual([
      "charge.cjs",
      "charge.zip",
      "first.cjs",
      "first.zip",
      "second.cjs",
      "second.zip",
    ]);
    expect(new Set(names.map((name) => /[0-9a-f]{16}/.exec(name)![0])).size).toBe(1);
  });

  it("report at the construct what cannot be packaged", () => {
    const missing = { ...code, entry: "chrage.handler.ts" };
    expect(codesOf((stack) => archiveOf(stack, "function", missing), { handlersDir })).toEqual(["MR1401"]);
  });
});
