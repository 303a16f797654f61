/**
 * cdktf keeps the full call stack of every token it makes, only to print "Object creation stack" in some errors; that
 * is 44–48 % of a synth. This switch turns it off for the process; the output stays the same, byte for byte
 * (docs/traps.md). An app's entry calls it first, unless `--debug` asks for the stacks.
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
