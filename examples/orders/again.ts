import { text, typed, workflow } from "millrace/workflows";

/** Calls, and where that fails says so, waits a minute and calls once more. */
export const again = (url: string) =>
  workflow((w) => {
    const { body } = w.assign("init", { body: typed<unknown>(null) });
    w.try(
      "process",
      (w) => {
        const first = w.http<unknown>("ask", { url, method: "POST", timeout: "30s" });
        w.set("keep", [body, first.body]);
      },
      {
        except(w, error) {
          w.log("tell", text`Error: ${error.message}`, "ERROR");
          w.sleep("pause", "60s");
          const second = w.http<unknown>("ask_again", { url, method: "POST", timeout: "30s", retry: "not-accepted" });
          w.set("keep_second", [body, second.body]);
        },
      },
    );
    return body;
  });
