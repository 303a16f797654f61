import pc from "picocolors";
import type { Report } from "./report";

/** The report for a person: what happened, then what had to hold. */
export function printReport(report: Report, write: (text: string) => void): void {
  const row = (name: string, value: string | number) => write(`  ${name.padEnd(28)} ${value}\n`);
  const crashes = Object.entries(report.crashes).sort(([a], [b]) => (a < b ? -1 : 1));
  const bySubscription = Object.entries(report.deadLetteredBySubscription).map(([name, count]) => `${name} ${count}`);
  const outside = report.atLeastOnce;
  write("\n");
  row("published", `${report.published} (${report.distinctEvents} events, ${report.duplicatesPublished} sent twice)`);
  row("deliveries", report.deliveries);
  row("duplicates suppressed", report.duplicatesSuppressed);
  row("processes killed", crashes.map(([point, count]) => `${point} × ${count}`).join(", "));
  row("effects, exactly once", `${report.effects} of ${report.effectsExpected}`);
  row("effects, at least once", `${outside.appended} of ${outside.distinct} events (${outside.repeats} repeated)`);
  row("dead-lettered", `${report.deadLettered} events (${bySubscription.join(", ")})`);
  row("lost", report.lost);
  row("door", DOORS[report.door]);
  row("time", `${report.seconds.toFixed(1)} s at time scale ${report.timeScale}, seed ${report.seed}`);
  write("\n");
  for (const { name, ok, got, want } of report.checks) {
    const mark = ok ? pc.green("ok") : pc.red("FAILED");
    write(`  ${mark} ${name}: ${got}${ok ? "" : `, wanted ${want}`}\n`);
  }
  write("\n");
}

const DOORS: Readonly<Record<Report["door"], string>> = {
  terraform: "terraform: the plan was applied by the real Terraform, offline",
  direct: "direct: the engine has read the plan itself, without Terraform",
};

export interface Progress {
  /** Replaces the line on a terminal; elsewhere prints it when the stage changes. */
  update(stage: string, detail?: string): void;
  end(): void;
}

/** Progress on a stream: one line that is redrawn on a terminal, one line per stage elsewhere. */
export function progressOn(stream: NodeJS.WriteStream, now: () => number): Progress {
  const begin = now();
  const live = stream.isTTY && !process.env["CI"];
  let stage = "";
  return {
    update(next, detail = "") {
      const line = `${((now() - begin) / 1000).toFixed(1).padStart(5)} s  ${next}${detail && ` · ${detail}`}`;
      if (live) stream.write(`\r\u001b[2K${line}`);
      else if (next !== stage) stream.write(`${line}\n`);
      stage = next;
    },
    end() {
      if (live) stream.write("\n");
    },
  };
}
