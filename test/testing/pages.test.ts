import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pages } from "../docs/pages";
import { root } from "../repo/tree";

/*
 * The tests that the pages of docs/testing show are run here, as a reader would have written them: blocks whose file
 * ends in `.test.ts`, beside the other files of their page.
 */
const scratch = join(root, ".cache/docs-testing");
rmSync(scratch, { recursive: true, force: true });

for (const [page, { blocks }] of pages) {
  if (!page.startsWith("docs/testing/")) continue;
  const folder = join(scratch, page.replace(/\.md$/, ""));
  const files = blocks.flatMap(({ info, text }) => (info["file"] ? [{ file: info["file"], text }] : []));
  mkdirSync(folder, { recursive: true });
  for (const { file, text } of files) writeFileSync(join(folder, file), text);
  for (const { file } of files.filter((each) => each.file.endsWith(".test.ts")))
    describe(`${page}, ${file}`, () => {
      require(join(folder, file));
    });
}
