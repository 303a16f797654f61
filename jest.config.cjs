/** @type {import("jest").Config} */
module.exports = {
  roots: ["<rootDir>/test", "<rootDir>/examples"],
  testMatch: ["**/*.test.ts"],
  testEnvironment: "<rootDir>/test/environment.ts",
  // Inside the repository `millrace/…` resolves to source, so tests need no build.
  testEnvironmentOptions: { customExportConditions: ["millrace-source", "node", "node-addons"] },
  transform: {
    "^.+\\.tsx?$": [
      "@swc/jest",
      { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "commonjs" } },
    ],
  },
  setupFiles: ["<rootDir>/test/setup.ts"],
  cacheDirectory: "<rootDir>/.cache/jest",
  // A process per core; the default leaves one core idle, which is half of a small machine.
  maxWorkers: "100%",
  // Ends what hangs and nothing else: how long work takes on a busy machine decides no test.
  testTimeout: 300_000,
};
