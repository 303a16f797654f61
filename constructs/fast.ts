/**
 * The first import of an app: `import "millrace/fast"`. It switches off what cdktf does for nobody, before cdktf is
 * loaded. Plans stay the same, byte for byte. With `--debug` on the command line everything is left as it is.
 */
import { loadArchiverLate, skipCreationStacks } from "./core/fast";

const wanted = !process.argv.includes("--debug");

/** Whether cdktf records no call stack per token. */
export const stacksAreSkipped = wanted && skipCreationStacks();
/** Whether cdktf's copy of archiver waits until it is used; false when cdktf was imported first. */
export const archiverWaits = wanted && loadArchiverLate();
