/** A file of the package as it would be published. */
export interface PackedFile {
  /** Relative to the package's root. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const ALLOWED: readonly RegExp[] = [
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
  /^dist\/(language|contract|constructs|patterns|stacks|runtime|local|testing|cli)\/.+\.(js|mjs|d\.ts|d\.mts|json|gz|yaml|proto|pem)$/,
  // The shared chunks of the ESM build.
  /^dist\/esm\/[\w.-]+\.mjs$/,
  /^docs\/.+\.(md|json)$/,
];

const TEXT = /\.(js|mjs|ts|mts|json|md)$/;

/**
 * What is wrong with the contents of a package: files that a user has no use for, and text that names the machine it
 * was built on.
 * @param machinePaths absolute folders of this machine that no file may name
 */
export function contentFaults(files: readonly PackedFile[], machinePaths: readonly string[]): readonly string[] {
  return files.flatMap(({ path, bytes }) => {
    const faults: string[] = [];
    if (!ALLOWED.some((pattern) => pattern.test(path))) faults.push(`${path} does not belong in the package`);
    if (/\.(test|spec)\.|(^|\/)(test|tests|__tests__|__snapshots__|bench|examples)\//.test(path))
      faults.push(`${path} is a test or an example`);
    if (path.endsWith(".map")) faults.push(`${path} is a source map without its source`);
    if (TEXT.test(path)) {
      const text = Buffer.from(bytes).toString("utf8");
      for (const machinePath of machinePaths)
        if (machinePath.length > 1 && text.includes(machinePath)) faults.push(`${path} names ${machinePath}`);
      if (/\/\/# sourceMappingURL=/.test(text)) faults.push(`${path} points to a source map`);
    }
    return faults;
  });
}
