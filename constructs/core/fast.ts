import Module, { createRequire } from "node:module";

/**
 * cdktf keeps the full call stack of every token it makes, only to print "Object creation stack" in some errors; that
 * is 44–48 % of a synth. This switch turns it off for the process; the output stays the same, byte for byte
 * (docs/traps.md). `millrace/fast` calls it, unless `--debug` asks for the stacks.
 *
 * @returns false when this cdktf has no such function to replace
 */
export function skipCreationStacks(): boolean {
  // The community successor has a switch of its own and does not read the function below.
  process.env["CDKTN_DISABLE_CREATION_STACK"] = "1";
  try {
    const module = require("cdktf/lib/tokens/private/stack-trace") as { captureStackTrace?: () => string[] };
    if (typeof module.captureStackTrace !== "function") return false;
    module.captureStackTrace = () => [];
    return true;
  } catch {
    return false;
  }
}

/**
 * cdktf loads its copy of archiver, 161 of its 379 modules, for the folders that `TerraformAsset` zips, and then zips in
 * a process of its own. Until somebody calls archiver, what stands in its place loads nothing (docs/traps.md).
 *
 * @returns false when it is too late, cdktf being loaded, or there is none to wait for
 */
export function loadArchiverLate(): boolean {
  try {
    const requireOfCdktf = createRequire(require.resolve("cdktf/package.json"));
    const file = requireOfCdktf.resolve("archiver");
    if (require.cache[file]) return false;
    const late = (...args: readonly unknown[]): unknown => {
      delete require.cache[file];
      return (requireOfCdktf("archiver") as (...args: readonly unknown[]) => unknown)(...args);
    };
    require.cache[file] = Object.assign(new Module(file), { filename: file, loaded: true, exports: late });
    return true;
  } catch {
    return false;
  }
}
