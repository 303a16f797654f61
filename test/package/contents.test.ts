import { contentFaults } from "../../scripts/package-contents";

const file = (path: string, text = "") => ({ path, bytes: Buffer.from(text) });

describe("the contents of the package", () => {
  it("may be code, declarations, generated data and pages", () => {
    const files = [
      file("package.json", "{}"),
      file("LICENSE"),
      file("dist/constructs/index.js", "exports.x = 1;"),
      file("dist/runtime/index.mjs"),
      file("dist/runtime/index.d.mts"),
      file("dist/esm/chunk-ABC123.mjs"),
      file("dist/local/wire/pubsub.generated.json", "{}"),
      file("docs/errors.md", "# Errors"),
    ];
    expect(contentFaults(files, ["/srv/checkout"])).toEqual([]);
  });

  it.each([
    ["a test", file("dist/constructs/topic.test.js")],
    ["a folder of tests", file("test/setup.ts")],
    ["a source", file("constructs/index.ts")],
    ["a source map", file("dist/runtime/index.js.map")],
    ["a pointer to a source map", file("dist/runtime/index.js", "//# sourceMappingURL=index.js.map")],
    ["a path of the machine", file("dist/runtime/index.js", 'x = "/srv/checkout/runtime"')],
    ["a file at the root", file("jest.config.cjs")],
  ])("may not be %s", (_what, unwanted) => {
    expect(contentFaults([unwanted], ["/srv/checkout"])).not.toEqual([]);
  });
});
