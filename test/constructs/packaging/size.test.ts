import { buildSync } from "esbuild";

/** Bytes of a small contract bundled as packaging does. */
const bytesWith = (statement: string): number =>
  buildSync({
    stdin: {
      contents: `${statement}; export const input = z.looseObject({ id: z.string(), amount: z.int().optional() });`,
      resolveDir: process.cwd(),
    },
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "cjs",
    minifyWhitespace: true,
  }).outputFiles[0]!.contents.length;

describe("zod in a bundle, as docs/traps.md says,", () => {
  it("is several times as large when it is imported by name", () => {
    const [byName, asNamespace] = [bytesWith('import { z } from "zod"'), bytesWith('import * as z from "zod"')];
    expect(byName / asNamespace).toBeGreaterThan(3);
    expect(asNamespace).toBeLessThan(150_000);
  });
});
