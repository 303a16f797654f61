import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Construct } from "constructs";
import { addIssue, type AnyContract, MillraceStack, writeAtSynth } from "../core";
import { Bucket } from "../storage/bucket";
import { BucketObject } from "../storage/object";
import type { BundleOptions } from "./bundle";
import { type HandlerArchive, packageHandler } from "./handler";
import type { HandlerKind, TransportName } from "./wrapper";

/** Folder beside the stack's plan that holds what the plan uploads. */
const FOLDER = "archives";

/** Code of a workload: the module of a handler and the contract it must carry. */
export interface HandlerCode extends BundleOptions {
  readonly contract: AnyContract;
  /** Module whose default export is `defineHandler(contract, fn)`, relative to the stack's `handlersDir`. */
  readonly entry: string;
  /**
   * Senders of HTTP requests that the handler understands beside Pub/Sub; each adds 1–2 KB to the bundle.
   * @default those that the construct around it needs
   */
  readonly transports?: readonly TransportName[];
}

/**
 * The bucket of a stack's archives and the files behind it. Everything in it can be made again from the sources, so a
 * stack without deletion protection takes it along when it is destroyed.
 */
export class Archives extends Construct {
  /** The one of the stack that a construct belongs to. */
  static of(construct: Construct): Archives {
    const stack = MillraceStack.of(construct);
    return (stack.node.tryFindChild("Archives") as Archives | undefined) ?? new Archives(stack, "Archives");
  }

  readonly bucket: Bucket;
  private readonly files = new Map<string, Uint8Array>();

  private constructor(scope: MillraceStack, id: string) {
    super(scope, id);
    this.bucket = new Bucket(this, "Bucket", {
      name: "archives",
      dashboard: false,
      forceDestroy: !scope.context.deletionProtection,
    });
    writeAtSynth(this, (directory) => this.write(join(directory, FOLDER)));
  }

  /** Puts a file where the plan finds it and an object that uploads it. */
  add(
    scope: Construct,
    id: string,
    file: { readonly name: string; readonly bytes: Uint8Array; readonly type: string },
  ) {
    this.files.set(file.name, file.bytes);
    return new BucketObject(scope, id, {
      bucket: this.bucket,
      name: file.name,
      source: `${FOLDER}/${file.name}`,
      contentType: file.type,
    });
  }

  /** Leaves exactly the files of this synth; one that is there already keeps its time. */
  private write(folder: string): void {
    for (const path of filesBelow(folder)) if (!this.files.has(path)) rmSync(join(folder, path));
    for (const [path, bytes] of this.files) {
      const file = join(folder, path);
      if (existsSync(file) && readFileSync(file).equals(bytes)) continue;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
    }
  }
}

/**
 * Packages a workload's handler and reports what is wrong with it at the construct. When it cannot be packaged the
 * archive is empty and the synth stops on the issue.
 */
export function archiveOf(
  construct: Construct,
  kind: HandlerKind,
  code: HandlerCode & { readonly name?: string },
): HandlerArchive {
  const { handlersDir } = MillraceStack.of(construct).context;
  const { contract, name, minify, external, transports } = code;
  const entry = resolve(handlersDir, code.entry);
  const { archive, findings } = packageHandler({ kind, contract, entry, minify, external, transports });
  for (const { code, severity, fault } of findings) addIssue(construct, code, fault, severity);
  const nothing = new Uint8Array();
  const ofContract = contract.manifest.name;
  if (!archive) return { name: ofContract, bytes: nothing, code: nothing };
  // Two workloads of one handler would share an object, which goes with the first of them that is destroyed.
  return name === undefined ? archive : { ...archive, name: `${name}${archive.name.slice(ofContract.length)}` };
}

/** Paths of the files below a folder, relative to it and with forward slashes. */
function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return paths.filter((path) => statSync(join(folder, path)).isFile()).map((path) => path.split("\\").join("/"));
}
