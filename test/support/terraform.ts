import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Attributes } from "./synth";

export { describeWithTerraform } from "../../testing/plan/terraform";

const terraform = (cwd: string, ...args: string[]) =>
  spawnSync("terraform", args, {
    cwd,
    encoding: "utf8",
    // No settings of this machine, above all no mirror and no credentials.
    env: {
      PATH: process.env["PATH"],
      GOGC: process.env["GOGC"],
      HOME: cwd,
      CHECKPOINT_DISABLE: "1",
      TF_IN_AUTOMATION: "1",
    },
  });

/**
 * What Terraform itself finds wrong with the references, expressions and order of a plan. No provider is there to be
 * asked, so every resource becomes a `terraform_data` with its arguments as input: dangling references, bad
 * expressions, unknown functions and cycles are found, wrong arguments are not.
 */
export function terraformFaults(plan: Attributes): readonly string[] {
  const cwd = mkdtempSync(join(tmpdir(), "terraform-"));
  try {
    writeFileSync(join(cwd, "cdk.tf.json"), JSON.stringify(withoutProviders(plan)));
    const init = terraform(cwd, "init", "-backend=false", "-input=false", "-no-color");
    if (init.status !== 0) return [init.stdout + init.stderr];
    const { stdout } = terraform(cwd, "validate", "-json");
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { summary: string; detail: string }[] };
    return diagnostics.map(({ summary, detail }) => `${summary}: ${detail}`);
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

function withoutProviders(plan: Attributes): object {
  const blocks = (["", "data."] as const).flatMap((mode) =>
    Object.entries(
      (plan[mode === "" ? "resource" : "data"] ?? {}) as Record<string, Record<string, Attributes>>,
    ).flatMap(([type, named]) =>
      Object.entries(named).map(([name, block]) => ({ address: `${mode}${type}`, name, block })),
    ),
  );
  const addresses = [...new Set(blocks.map(({ address }) => address))].sort((a, b) => b.length - a.length);
  const reference = new RegExp(`\\b(${addresses.join("|")})\\.([\\w-]+)((?:\\.\\w+|\\[\\d+\\])*)`, "g");
  const toData = (text: string) =>
    text.replace(reference, (_all, address: string, name: string, path: string) => {
      return `terraform_data.${nameOf(address, name)}${path}`;
    });
  const inExpressions = (text: string) =>
    text.replace(/\$\{[^}]*\}/g, (expression) => toData(expression).replace(/(terraform_data\.[\w-]+)/g, "$1.output"));

  const data: Record<string, object> = {};
  for (const { address, name, block } of blocks) {
    const { "//": _note, depends_on: dependsOn, provider: _provider, lifecycle: _lifecycle, ...input } = block;
    const text = inExpressions(JSON.stringify(input));
    const waits = ((dependsOn ?? []) as readonly string[]).map(toData);
    data[nameOf(address, name)] = {
      input: JSON.parse(text) as object,
      ...(waits.length > 0 && { depends_on: waits }),
    };
  }
  return { resource: { terraform_data: data } };
}

const nameOf = (address: string, name: string) => `${address.replace(".", "_")}__${name}`;
