import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { project } from "../support/project";

/** Runs the app as `npm run synth` does, into a folder of its own. */
function synth(environment: string, ...flags: readonly string[]) {
  const outdir = join(project({}), "out");
  const child = spawnSync(
    process.execPath,
    ["-C", "millrace-source", "--require", "tsx/cjs", "stacks/main.ts", ...flags],
    {
      env: { ...process.env, MILLRACE_ENV: environment, CDKTF_OUTDIR: outdir },
      encoding: "utf8",
    },
  );
  return { outdir, status: child.status, stdout: child.stdout, stderr: child.stderr };
}

describe("npm run synth", () => {
  it("writes the environment that MILLRACE_ENV names, the same bytes with and without --debug", () => {
    const [plain, debug] = [synth("dev"), synth("dev", "--debug")];
    expect([plain.status, debug.status]).toEqual([0, 0]);
    expect(plain.stdout).toBe(`wrote ${join(plain.outdir, "stacks/webhooks-dev")}\n`);
    expect(readdirSync(join(plain.outdir, "stacks"))).toEqual(["webhooks-dev"]);
    for (const file of ["manifest.json", "stacks/webhooks-dev/cdk.tf.json"])
      expect(readFileSync(join(debug.outdir, file), "utf8")).toBe(readFileSync(join(plain.outdir, file), "utf8"));
  });

  it("names no folder of this machine in what it writes", () => {
    const { outdir } = synth("local");
    for (const file of ["manifest.json", "stacks/webhooks-local/cdk.tf.json"]) {
      const text = readFileSync(join(outdir, file), "utf8");
      expect([text.includes(process.cwd()), text.includes(outdir)]).toEqual([false, false]);
    }
  });

  it("says on stderr what is wrong, and ends with 1", () => {
    const { status, stderr } = synth("porduction");
    expect(status).toBe(1);
    expect(stderr).toContain('error: MR2001 environments: there is no environment "porduction".');
  });
});
