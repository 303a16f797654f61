import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Code } from "../../contract/codes";
import type { AnyContract } from "../core/derive";
import type { Severity } from "../../contract/issue";
import { nearest } from "../../language/nearest";
import type { Fault } from "../core/issues";
import { bundle, type BundleOptions, FRAMEWORK, shownPath, stampOf } from "./bundle";
import { describeBundle } from "./describe";
import type { HandlerKind, TransportName } from "./wrapper";
import { type ArchiveEntry, archiveName, zip } from "./zip";

export interface PackageRequest extends BundleOptions {
  readonly kind: HandlerKind;
  readonly contract: AnyContract;
  /** Absolute path of a module whose default export is `defineHandler(contract, fn)`. */
  readonly entry: string;
  /** Senders that it understands beside Pub/Sub. @default none */
  readonly transports?: readonly TransportName[];
}

/** A handler ready to be deployed. */
export interface HandlerArchive {
  /** `<contract name>-<16 hex digits of the content>`, the stem of every object name; a workload's own name goes first. */
  readonly name: string;
  /** The zip: `index.js` and `package.json`. */
  readonly bytes: Uint8Array;
  /** `index.js` alone, for what mounts it instead of unpacking. */
  readonly code: Uint8Array;
}

/** What packaging found wrong; the construct adds its path. */
export interface PackagingFinding {
  readonly code: Code;
  readonly severity: Severity;
  readonly fault: Fault;
}

export interface Packaged {
  /** Absent when a finding is an error. */
  readonly archive?: HandlerArchive;
  readonly findings: readonly PackagingFinding[];
}

interface Cached {
  readonly stamp: string;
  readonly inputs: readonly string[];
  readonly packaged: Packaged;
}

/** Several environments in one synth bundle an entry once; a source written since is bundled again. */
const cache = new Map<string, Cached>();

/** Bundles, describes and archives a handler. Never throws for what is wrong with the user's code. */
export function packageHandler(request: PackageRequest): Packaged {
  const { contract, ...rest } = request;
  const key = JSON.stringify([rest, contract.hash, contract.manifest.name]);
  const cached = cache.get(key);
  if (cached && cached.stamp === stampOf(cached.inputs)) return cached.packaged;
  const made = make(request);
  if (made.inputs.length > 0) cache.set(key, { ...made, stamp: stampOf(made.inputs) });
  return made.packaged;
}

const error = (code: Code, fault: Fault): PackagingFinding => ({ code, severity: "error", fault });

function make(request: PackageRequest): Omit<Cached, "stamp"> {
  const { entry, kind, contract } = request;
  const failed = (...findings: PackagingFinding[]) => ({ inputs: [], packaged: { findings } });
  if (!existsSync(entry)) return failed(error("MR1401", entryMissing(entry)));
  const shown = shownPath(entry);
  const { store, auth, callers } = contract.manifest;
  const bundled = bundle(entry, { kind, store, auth, callers, transports: request.transports }, request);
  if ("errors" in bundled)
    return failed(
      ...bundled.errors.slice(0, 10).map((got) => error("MR1402", { problem: `${shown} does not bundle: ${got}` })),
    );
  const versions = externalVersions(request);
  const findings: PackagingFinding[] = [
    ...bundled.warnings.map((got): PackagingFinding => ({
      code: "MR1407",
      severity: "warning",
      fault: { problem: got },
    })),
    ...versions.findings,
    ...contractFindings(bundled.code, entry, contract),
  ];
  if (findings.some(({ severity }) => severity === "error")) return failed(...findings);
  const code = Buffer.from(bundled.code, "utf8");
  const entries: readonly ArchiveEntry[] = [
    { path: "index.js", bytes: code },
    { path: "package.json", bytes: Buffer.from(packageJson(contract.manifest.name, kind, versions.installed)) },
  ];
  const archive = { name: archiveName(contract.manifest.name, entries), bytes: zip(entries), code };
  return { inputs: bundled.inputs, packaged: { archive, findings } };
}

function entryMissing(entry: string): Fault {
  const folder = dirname(entry);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const near = nearest(basename(entry), names);
  return { problem: `there is no file ${shownPath(entry)}`, got: entry, ...(near && { want: join(folder, near) }) };
}

function contractFindings(code: string, entry: string, contract: AnyContract): readonly PackagingFinding[] {
  const shown = shownPath(entry);
  const description = describeBundle(code, entry);
  if ("failure" in description)
    return [error("MR1405", { problem: `${shown} fails while it is loaded: ${description.failure}` })];
  const [found] = description.contracts;
  if (!found) return [error("MR1403", { problem: `the default export of ${shown} was not made by defineHandler` })];
  const { name } = contract.manifest;
  if (found.hash === contract.hash) return [];
  const problem =
    found.name === name
      ? `${shown} handles another version of contract "${name}" than the construct was given`
      : `${shown} handles contract "${found.name}", the construct was given "${name}"`;
  return [error("MR1404", { problem, got: found.hash, want: contract.hash })];
}

/** Exact versions of what the archive's platform installs. */
function externalVersions({ kind, entry, external = [] }: PackageRequest) {
  const findings: PackagingFinding[] = [];
  const installed: Record<string, string> = {};
  // The framework is a dependency of this package, not of the user's.
  const framework = kind === "function" ? [{ name: FRAMEWORK, from: __dirname }] : [];
  for (const { name, from } of [...framework, ...external.map((name) => ({ name, from: dirname(entry) }))]) {
    const version = installedVersion(name, from);
    if (kind !== "function")
      findings.push(
        error("MR1408", { problem: `package "${name}" is external, but a mounted ${kind} has no packages` }),
      );
    else if (version === undefined)
      findings.push(
        error("MR1406", { problem: `package "${name}" is external, but not installed beside ${shownPath(entry)}` }),
      );
    else installed[name] = version;
  }
  return { findings, installed };
}

/** Version of a package as Node would find it from a folder; `exports` may hide package.json, so the folders are walked. */
function installedVersion(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, "node_modules", name, "package.json");
    if (existsSync(file)) return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
    if (dirname(folder) === folder) return undefined;
  }
}

/** Node's range is that of the bundle's target; the platform chooses the version. */
function packageJson(name: string, kind: HandlerKind, dependencies: Readonly<Record<string, string>>): string {
  const manifest = {
    name,
    version: "0.0.0",
    private: true,
    main: "index.js",
    engines: { node: ">=20" },
    ...(kind !== "function" && { scripts: { start: "node index.js" } }),
    ...(Object.keys(dependencies).length > 0 && { dependencies: sorted(dependencies) }),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

const sorted = (record: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
