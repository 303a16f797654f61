import { statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { manifest, read, root, treeFiles } from "./tree";

const code = treeFiles("*.ts", "*.mjs", "*.cjs");
const text = treeFiles().filter((file) => !/\.(gz|zip|png|jpe?g|ico)$/.test(file));
const saying = (pattern: RegExp, files: readonly string[]) =>
  files.flatMap((file) =>
    read(file)
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim().slice(0, 120)}`] : [])),
  );

describe("the repository", () => {
  it("keeps every file within its length, generated ones aside", () => {
    // A file of tests holds one subject and pays for its imports once, so it may be longer than what it tests.
    const limitOf = (file: string) => (file.endsWith(".test.ts") ? 600 : 400);
    const long = code
      .filter((file) => !file.includes(".generated."))
      .map((file) => ({ file, lines: read(file).trimEnd().split("\n").length }))
      .filter(({ file, lines }) => lines > limitOf(file));
    expect(long).toEqual([]);
  });

  it("names no path of the machine it was written on", () => {
    const homes = ["work", "root", "farm"]
      .map((home) => `/${home}/`)
      .concat(`${homedir()}/`, `${root}/`)
      .filter((one) => one.length > 4);
    const path = new RegExp(`(?:^|["'\\s=(:])(?:${homes.map((home) => home.replace(/[.+]/g, "\\$&")).join("|")})`);
    expect(saying(path, text)).toEqual([]);
  });

  it("pins packages without naming a registry", () => {
    expect(saying(/"resolved":/, ["package-lock.json"])).toEqual([]);
    expect(read(".npmrc")).toContain("omit-lockfile-registry-resolved=true");
  });

  it("locks every package by its integrity, so that two installs are one", () => {
    const { packages } = JSON.parse(read("package-lock.json")) as {
      packages: Record<string, { integrity?: string; inBundle?: boolean; link?: boolean }>;
    };
    const loose = Object.entries(packages).filter(
      ([name, one]) => name !== "" && !one.integrity && !one.inBundle && !one.link,
    );
    expect(loose.map(([name]) => name)).toEqual([]);
  });

  it("skips and focuses no test", () => {
    const mark = /\b(?:it|test|describe)\.(?:only|todo)\b|\b[fx](?:it|describe)\(/;
    expect(
      saying(
        mark,
        treeFiles("test", "examples").filter((file) => file.endsWith(".test.ts")),
      ),
    ).toEqual([]);
  });

  it("leaves no mark of unfinished work", () => {
    // In two parts, or this line would be one.
    const words = ["TO|DO", "FIX|ME", "XX|X", "HA|CK"].map((word) => word.replace("|", ""));
    expect(saying(new RegExp(`\\b(?:${words.join("|")})\\b`), code)).toEqual([]);
  });

  it("carries its licence and says what its version changed", () => {
    expect(read("LICENSE")).toMatch(/Apache License\s+Version 2\.0/);
    expect(read("CHANGELOG.md")).toMatch(new RegExp(`^## \\[${manifest.version.replaceAll(".", "\\.")}\\]`, "m"));
  });

  it("has an executable CI script", () => {
    expect(read(".ci/run").startsWith("#!/usr/bin/env bash\n")).toBe(true);
    expect(statSync(join(root, ".ci/run")).mode & 0o111).toBe(0o111);
  });
});
