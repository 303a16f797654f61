import { type JavaEmulator, type RunningEmulator, describeWith, startJavaEmulator } from "./java-emulator";

/** Google's Firestore emulator, running on this machine. */
export interface FirestoreEmulator extends RunningEmulator {
  /** Removes every document of a project's database. */
  clear(project: string, database?: string): Promise<void>;
}

const FIRESTORE: JavaEmulator = {
  title: "Firestore",
  name: "firestore-emulator",
  folder: "cloud-firestore-emulator",
  jar: /^cloud-firestore-emulator.*\.jar$/,
  variable: "FIRESTORE_EMULATOR_JAR",
  command: (jar, port) => [...JVM_FLAGS, "-cp", jar, MAIN_CLASS, "--host=127.0.0.1", `--port=${port}`],
  ready: "/",
};

const MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore";
const JVM_FLAGS = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m", "-Duser.language=en"];

/** `describe`, run against Google's Firestore emulator; see `describeWith`. */
export const describeFirestoreEmulator = (name: string, suite: () => void) => describeWith(FIRESTORE, name, suite);

/** Google's Firestore emulator with no document, on a free port; `FIRESTORE_EMULATOR_JAR` overrides the Cloud SDK's jar. */
export async function startFirestoreEmulator(): Promise<FirestoreEmulator> {
  const running = await startJavaEmulator(FIRESTORE);
  return {
    ...running,
    async clear(project, database = "(default)") {
      const url = `http://${running.host}/emulator/v1/projects/${project}/databases/${database}/documents`;
      const response = await fetch(url, { method: "DELETE" });
      if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
    },
  };
}
