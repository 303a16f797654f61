import { resolve } from "node:path";
import { type ISynthesisSession, TerraformStack } from "cdktf";
import { addCustomSynthesis } from "cdktf/lib/synthesize/synthesizer";
import type { Construct } from "constructs";

/**
 * Runs when the stack is written, with the absolute folder that its `cdk.tf.json` goes to: the place for files the
 * plan refers to by relative path. One per construct; a stack with errors never gets there.
 */
export function writeAtSynth(construct: Construct, write: (directory: string) => void): void {
  addCustomSynthesis(construct, {
    onSynthesize(session: ISynthesisSession) {
      const { workingDirectory } = session.manifest.forStack(TerraformStack.of(construct));
      write(resolve(session.outdir, workingDirectory));
    },
  });
}
