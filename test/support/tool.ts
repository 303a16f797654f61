/**
 * `describe` for what needs a tool that not every machine has. Without it the suite is skipped with a word on stderr.
 * @param tool its name in `MILLRACE_REQUIRE`, a comma-separated list of tools that must be here
 * @param missing what is missing, or undefined when the tool is here
 * @throws Error when the tool is missing and required
 */
export function describeWithTool(tool: string, missing: string | undefined, name: string, suite: () => void): void {
  if (missing === undefined) return describe(name, suite);
  if ((process.env["MILLRACE_REQUIRE"] ?? "").split(",").includes(tool))
    throw new Error(`${missing}; and MILLRACE_REQUIRE demands it`);
  process.stderr.write(`SKIPPED "${name}": ${missing}\n`);
  describe.skip(name, suite);
}
