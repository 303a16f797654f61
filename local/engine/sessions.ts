import { resolve } from "node:path";
import { IssuesError } from "../../contract/issue";
import { issue } from "../plan/issues";
import type { PlannedResource } from "../plan/plan";
import { projectNumbers } from "../plan/project-number";
import { readStacks, section } from "../plan/read";
import type { Runner } from "../provider/running";
import { adapters } from "./adapters";
import { type Adapter, type Live, type Reader, readerOf } from "./adapters/adapter";
import { type AppliedStore, resourceKey } from "./applied";
import type { Reconciler } from "./reconcile";
import type { Uploads } from "./uploads";
import type { World } from "./world";

/** A Terraform command that wants to be attached. */
export interface TerraformRequest {
  /** cdktf's output folder. */
  readonly outDir: string;
  /** Refuses types that the engine does not simulate. @default false */
  readonly strict?: boolean;
  /** The process that runs the command. */
  readonly pid: number;
}

/** A Terraform command that is attached to the engine: what it applies runs. */
export interface TerraformSession {
  /** What Terraform must find in its environment: `TF_REATTACH_PROVIDERS`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface Sessions {
  /**
   * Serves the provider to a command; one at a time, since two would overwrite what the other has applied.
   * @throws IssuesError MR4303 while another is attached, and as `readStacks`
   */
  open(request: TerraformRequest): Promise<TerraformSession>;
  /** The one that is attached. */
  current(): TerraformSession | undefined;
}

export interface SessionsOptions {
  readonly stack: string;
  readonly store: AppliedStore;
  /** Opens the journal of the store, if that is yet to be done. */
  readonly openStore: () => Promise<void>;
  /** Waits until what has been done is kept. */
  readonly written: () => Promise<void>;
  readonly uploads: Uploads;
  readonly world: World;
  readonly reconciler: Reconciler;
  readonly live: Live;
  /** Told of a resource whose processes are to be started, in an engine that starts none by itself. */
  readonly wake: (resource: string) => void;
  /** What runs has changed. */
  readonly changed: () => void;
}

const keyOf = ({ type, attributes }: PlannedResource): string => resourceKey(type, attributes.id);

export function createSessions(options: SessionsOptions): Sessions {
  const { stack, store, uploads, world, reconciler, live } = options;
  let attached: { readonly pid: number; readonly session?: TerraformSession } | undefined;

  /** What a resource's adapter says of it; undefined where there is no such resource. */
  const asked = <T>(type: string, id: string, say: (adapter: Adapter, read: Reader) => T): T | undefined => {
    const adapter = adapters.get(type);
    const resource = world.asked.resources.find((one) => keyOf(one) === resourceKey(type, id));
    const context = { projectNumber: world.asked.projectNumber, report: () => {} };
    return adapter && resource && say(adapter, readerOf(resource, resource.attributes, context));
  };

  const runner: Runner = {
    keep: (file) => uploads.keep(file),
    async run(type, id) {
      const key = resourceKey(type, id);
      world.derive();
      const address = `${stack}/${type}.${id}`;
      const isOwn = (path: string) => path === address || path.startsWith(`${address}.`);
      const wrong = world.system.issues.filter(({ severity, path }) => severity === "error" && isOwn(path));
      if (wrong.length > 0) return wrong;
      options.wake(key);
      const isTouched = (resource: PlannedResource | undefined) => resource !== undefined && keyOf(resource) === key;
      const { faults } = await reconciler.settle(world.system, isTouched);
      options.changed();
      return faults.filter(({ resource }) => isTouched(resource)).flatMap(({ issues }) => issues);
    },
    observe: (type, id) => asked(type, id, (adapter, read) => adapter.observe?.(read, live)),
    contents: (type, id) =>
      asked(type, id, ({ contents }, read) => {
        const held = contents?.of(read, live, world.asked.resources) ?? [];
        return contents && held.length > 0 ? { ...contents, held } : undefined;
      }),
    describe: (type, id) => adapters.get(type)?.describe?.(id, live),
  };

  const open = async ({ outDir, strict = false }: TerraformRequest): Promise<TerraformSession> => {
    const documents = readStacks(outDir, stack);
    const document = documents.at(-1)!;
    await options.openStore();
    store.dependOn(documents.slice(0, -1).map((one) => one.stack));
    // Its schema takes a moment to read, which the other door does not need.
    const { resourcesIn, startProviderServer } = require("../provider/server") as typeof import("../provider/server");
    const named = ["resource", "data"].flatMap((kind) => Object.keys(section(document.json, kind)));
    const server = await startProviderServer({
      stack,
      directory: resolve(document.directory),
      projectNumber: projectNumbers(documents),
      resources: resourcesIn(store),
      written: options.written,
      // Types that only the state names have been in the document before, so they are among those that exist.
      types: new Set([...named, ...store.list().map(({ type }) => type)]),
      strict,
      runner,
    });
    let closing: Promise<void> | undefined;
    const close = async () => {
      await server.close();
      if (world.door === "direct" && store.list().length > 0) world.handOver();
      await reconciler.settle(world.system, () => false);
      uploads.sweep(store);
      options.changed();
      attached = undefined;
    };
    return { environment: server.environment, close: () => (closing ??= close()) };
  };

  return {
    current: () => attached?.session,
    async open(request) {
      if (attached) throw new IssuesError([busy(stack, attached.pid)]);
      attached = { pid: request.pid };
      try {
        const session = await open(request);
        attached = { pid: request.pid, session };
        return session;
      } catch (error) {
        attached = undefined;
        throw error;
      }
    },
  };
}

/** @param pid the process that runs it; undefined when it is gone by now */
export function busy(stack: string, pid: number | undefined) {
  const problem = `process ${pid ?? "that is gone now"} runs Terraform on this stack; two would overwrite what the other has applied`;
  return issue("MR4303", stack, problem, "wait for it to end");
}
