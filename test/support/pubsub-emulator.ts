import { type JavaEmulator, type RunningEmulator, describeWith, startJavaEmulator } from "./java-emulator";

/** The emulator's REST surface is on the same port as gRPC; the first request costs as much as the JVM's start. */
const PUBSUB: JavaEmulator = {
  title: "Pub/Sub",
  name: "pubsub-emulator",
  folder: "pubsub-emulator/lib",
  jar: /^cloud-pubsub-emulator.*\.jar$/,
  variable: "PUBSUB_EMULATOR_JAR",
  command: (jar, port) => [...JVM_FLAGS, "-jar", jar, "--host=127.0.0.1", `--port=${port}`],
  ready: "/v1/projects/ready/topics",
};

const JVM_FLAGS = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"];

/** `describe`, run against Google's Pub/Sub emulator; see `describeWith`. */
export const describePubSubEmulator = (name: string, suite: () => void) => describeWith(PUBSUB, name, suite);

/** Google's Pub/Sub emulator with no topic, on a free port; `PUBSUB_EMULATOR_JAR` overrides the Cloud SDK's jar. */
export const startPubSubEmulator = (): Promise<RunningEmulator> => startJavaEmulator(PUBSUB);
